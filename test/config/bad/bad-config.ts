/** A configuration that is wrong, and every problem of it: `line:column path: message (Code) → what to do`. */
export type BadConfig = readonly [name: string, yaml: string, problems: readonly string[]];

/** A vault, an issuer and a sink that are good: lines 1 to 4. */
export const connections = `version: 1
vaults: { local: { driver: box } }
issuers: { idp: { driver: idp, url: https://idp.test, clientSecret: "\${file:secret}" } }
sinks: { files: { driver: folder, root: run } }
`;

/** The same with the token dev/a of the issuer idp, whose further settings begin on line 9. */
export function token(settings: string): string {
  return `${connections}tokens:
  dev/a:
    issuer: idp
    grant: client_credentials
${settings.replace(/^/gm, '    ')}
`;
}

/** The beginning of a vault whose settings are on line 4. */
export const vault = 'version: 1\nvaults:\n  local:\n';
