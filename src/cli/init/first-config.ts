/** The answers that the first configuration is made from. */
export interface FirstToken {
  readonly key: string;
  readonly owner: string;
  /** null: nothing mints it, a person imports its value. */
  readonly oauth2: { readonly url: string; readonly clientId: string; readonly scopes: readonly string[] } | null;
}

/** The text of a first tokens.yaml, with its schema in the same folder: one token, one vault, one folder to deliver to. */
export function firstConfig({ key, owner, oauth2 }: FirstToken): string {
  const issuers =
    oauth2 === null
      ? ''
      : `issuers:
  idp:
    driver: oauth2
    url: ${JSON.stringify(oauth2.url)}
    clientId: ${JSON.stringify(oauth2.clientId)}
    clientSecret: \${env:IDP_CLIENT_SECRET} # or \${file:PATH}; never the secret itself
`;
  const token =
    oauth2 === null
      ? `    issuer: manual # nothing mints it: tracked, reminded of and delivered
    # expiresAt: 2027-01-20
`
      : `    issuer: idp
    grant: client_credentials
${oauth2.scopes.length === 0 ? '' : `    scopes: ${JSON.stringify(oauth2.scopes)}\n`}`;
  return `# yaml-language-server: $schema=./tokens.schema.json
# What tokenkeeper keeps. Look at it: tokenkeeper plan
version: 1
defaults: { owner: ${JSON.stringify(owner)} }
vaults:
  local: { driver: embedded } # one sealed file: .tokenkeeper/vault.db
${issuers}sinks:
  files: { driver: file, root: run, mode: "0600" } # one file a token
tokens:
  ${key}:
${token}    sinks: [files]
`;
}
