import { token, vault, type BadConfig } from './bad-config.js';

/** Bad configurations: secrets and references in the wrong place. */
export const secrets: readonly BadConfig[] = [
  [
    'a literal secret',
    'version: 1\nissuers:\n  idp: { driver: idp, url: https://idp.test, clientSecret: hunter2 }\n',
    [
      '3:60 issuers.idp.clientSecret: a secret may not stand in the configuration (LiteralSecret) → put the secret into a file of mode 0600 or a variable, and write ${file:PATH} or ${env:NAME} here',
    ],
  ],
  [
    'a literal secret that is a number',
    'version: 1\nissuers:\n  idp: { driver: idp, url: https://idp.test, clientSecret: 20260101 }\n',
    [
      '3:60 issuers.idp.clientSecret: a secret may not stand in the configuration (LiteralSecret) → put the secret into a file of mode 0600 or a variable, and write ${file:PATH} or ${env:NAME} here',
    ],
  ],
  [
    'a literal secret beside a reference',
    'version: 1\nissuers:\n  idp: { driver: idp, url: https://idp.test, clientSecret: "hunter2${env:EMPTY}" }\n',
    [
      '3:60 issuers.idp.clientSecret: a secret may not stand in the configuration (LiteralSecret) → put the secret into a file of mode 0600 or a variable, and write ${file:PATH} or ${env:NAME} here',
    ],
  ],
  [
    'a literal first grant',
    'version: 1\nissuers:\n  idp:\n    driver: idp\n    url: https://idp.test\n    clientSecret: ${env:S}\n    grants: { crm: hunter2 }\n',
    [
      '7:20 issuers.idp.grants.crm: a secret may not stand in the configuration (LiteralSecret) → put the secret into a file of mode 0600 or a variable, and write ${file:PATH} or ${env:NAME} here',
    ],
  ],
  [
    'a literal vault key',
    vault + '    driver: box\n    key: hunter2\n',
    [
      '5:10 vaults.local.key: a secret may not stand in the configuration (LiteralSecret) → put the secret into a file of mode 0600 or a variable, and write ${file:PATH} or ${env:NAME} here',
    ],
  ],
  [
    'a literal secret of notify',
    'version: 1\nnotify:\n  - { webhook: https://alerts.test, secret: hunter2 }\n',
    [
      '3:45 notify[0].secret: a secret may not stand in the configuration (LiteralSecret) → put the secret into a file of mode 0600 or a variable, and write ${file:PATH} or ${env:NAME} here',
    ],
  ],
  [
    'a secret in a connection that knows none',
    'version: 1\nsinks:\n  files: { driver: folder, root: run, password: hunter2 }\n',
    [
      '3:39 sinks.files.password: unknown key password (UnknownKey) → remove it; known here: driver, environment, holdsFor, mode, root',
    ],
  ],
  [
    'a secret in a token',
    token('clientSecret: hunter2'),
    [
      '9:5 tokens.dev/a.clientSecret: unknown key clientSecret (UnknownKey) → remove it; known here: attemptTimeout, claims, expect, expiresAt, grace, grant, initialGrant, issuer, maxTtl, owner, reconcile, remind, renewBefore, runbook, scopes, sinks, ttl, vault',
    ],
  ],
  [
    'a reference of another kind',
    vault + '    driver: box\n    key: ${vault:secret/hunter2}\n',
    ['5:10 vaults.local.key: not a reference that is known (BadReference) → write ${env:NAME} or ${file:PATH}'],
  ],
  [
    'a reference in the manner of a shell',
    vault + '    driver: box\n    key: ${KEY}\n',
    ['5:10 vaults.local.key: not a reference that is known (BadReference) → write ${env:NAME} or ${file:PATH}'],
  ],
  [
    'a reference that is not closed',
    vault + '    driver: box\n    path: ${env:KEY\n',
    ['5:11 vaults.local.path: not a reference that is known (BadReference) → write ${env:NAME} or ${file:PATH}'],
  ],
  [
    'a variable whose name cannot be one',
    vault + '    driver: box\n    path: ${env:MY-KEY}\n',
    ['5:11 vaults.local.path: not a reference that is known (BadReference) → write ${env:NAME} or ${file:PATH}'],
  ],
  [
    'a file without a path',
    vault + '    driver: box\n    path: ${file:}\n',
    ['5:11 vaults.local.path: not a reference that is known (BadReference) → write ${env:NAME} or ${file:PATH}'],
  ],
  [
    'a reference where a number belongs',
    'version: 1\nissuers:\n  idp: { driver: idp, url: https://idp.test, clientSecret: "${env:S}", tries: "${env:TRIES}" }\n',
    [
      '3:79 issuers.idp.tries: expected a number, found text (WrongType) → write the number itself: a reference is always text',
    ],
  ],
  [
    'a reference in a token',
    token('expect: { aud: "${env:AUD}" }'),
    [
      '9:20 tokens.dev/a.expect.aud: a token may hold no reference (ReferenceNotAllowed) → name a connection instead: references stand in vaults, issuers, sinks and notify only',
    ],
  ],
  [
    'a reference in a target',
    token('sinks:\n  - { sink: files, path: "${env:PATH}" }'),
    [
      '10:30 tokens.dev/a.sinks[0].path: a token may hold no reference (ReferenceNotAllowed) → name a connection instead: references stand in vaults, issuers, sinks and notify only',
    ],
  ],
  [
    'a reference in defaults',
    'version: 1\ndefaults: { owner: "${env:OWNER}" }\n',
    [
      '2:20 defaults.owner: a token may hold no reference (ReferenceNotAllowed) → name a connection instead: references stand in vaults, issuers, sinks and notify only',
    ],
  ],
];
