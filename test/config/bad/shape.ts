import { vault, type BadConfig } from './bad-config.js';

/** Bad configurations: sections, connections, defaults and notify of the wrong shape. */
export const shape: readonly BadConfig[] = [
  ['no version', 'vaults: {}\n', ['1:1: version is missing (MissingKey) → write version: 1 at the top of the file']],
  [
    'a newer version',
    'version: 2\n',
    ['1:10 version: expected 1 (VersionUnsupported) → write: version: 1 (a newer one needs a newer tokenkeeper)'],
  ],
  [
    'a version as text',
    'version: "1"\n',
    ['1:10 version: expected 1 (VersionUnsupported) → write: version: 1 (a newer one needs a newer tokenkeeper)'],
  ],
  [
    'an unknown section',
    'version: 1\ntoken: {}\n',
    ['2:1 token: unknown key token, did you mean tokens? (UnknownKey) → write tokens'],
  ],
  [
    'an unknown section that resembles nothing',
    'version: 1\nprometheus: {}\n',
    [
      '2:1 prometheus: unknown key prometheus (UnknownKey) → remove it; known here: defaults, drivers, issuers, notify, sinkSets, sinks, tokens, vaults, version',
    ],
  ],
  [
    'an owner of two lines',
    'version: 1\ndefaults: { owner: "a\\nb" }\n',
    ['2:20 defaults.owner: an owner is one line of at most 200 characters (WrongValue) → correct the value'],
  ],
  [
    'an owner longer than a search attribute',
    `version: 1\ndefaults: { owner: ${'x'.repeat(201)} }\n`,
    ['2:20 defaults.owner: an owner is one line of at most 200 characters (WrongValue) → correct the value'],
  ],
  [
    'drivers that are no list',
    'version: 1\ndrivers: ./acme.mjs\n',
    ['2:10 drivers: expected a list, found text (WrongType) → write a list: [one, two]'],
  ],
  [
    'a module of drivers that has no name',
    'version: 1\ndrivers: [""]\n',
    ['2:11 drivers[0]: is empty (WrongValue) → give a value, or remove the key'],
  ],
  [
    'a module of drivers that is its own code',
    'version: 1\ndrivers: ["data:text/javascript,hunter2()", node:fs]\n',
    [
      '2:11 drivers[0]: neither a path nor a package (WrongValue) → write a path such as ./drivers/acme.mjs, or the name of a package',
      '2:45 drivers[1]: neither a path nor a package (WrongValue) → write a path such as ./drivers/acme.mjs, or the name of a package',
    ],
  ],
  [
    'a module of drivers by a reference',
    'version: 1\ndrivers: ["${env:DRIVER}"]\n',
    [
      '2:11 drivers[0]: a module may hold no reference (ReferenceNotAllowed) → write the module itself: what is loaded shall be read here',
    ],
  ],
  [
    'a section that is a list',
    'version: 1\nsinks: [files]\n',
    ['2:8 sinks: expected a map (WrongType) → write name: settings, one a line'],
  ],
  [
    'a section that is a text',
    'version: 1\ntokens: all\n',
    ['2:9 tokens: expected a map (WrongType) → write name: settings, one a line'],
  ],
  [
    'a connection that is empty',
    'version: 1\nvaults:\n  local:\n',
    ['3:3 vaults.local: is empty (WrongType) → write its settings, or remove it'],
  ],
  [
    'a connection that is a text',
    'version: 1\nvaults:\n  local: box\n',
    ['3:3 vaults.local: expected a map with a driver (WrongType) → write a map with a driver'],
  ],
  [
    'a connection without a driver',
    vault + '    path: a.db\n',
    ['3:3 vaults.local.driver: driver is missing (MissingKey) → add driver'],
  ],
  [
    'an unknown driver',
    vault + '    driver: bxo\n',
    ['4:13 vaults.local.driver: no driver bxo, did you mean box? (UnknownDriver) → write box'],
  ],
  [
    'an unknown driver that resembles nothing',
    vault + '    driver: hashicorp\n',
    ['4:13 vaults.local.driver: no driver hashicorp (UnknownDriver) → use one of box'],
  ],
  [
    'a driver named like a method of objects',
    vault + '    driver: constructor\n',
    ['4:13 vaults.local.driver: no driver constructor (UnknownDriver) → use one of box'],
  ],
  [
    'a name with capitals',
    'version: 1\nvaults:\n  Local: { driver: box }\n',
    [
      '3:3 vaults.Local: Local is not a name (BadName) → use a-z 0-9 . _ - and at most 63 characters, starting with a letter or digit',
    ],
  ],
  [
    'an unknown setting of a driver',
    vault + '    driver: box\n    pathh: a.db\n',
    ['5:5 vaults.local.pathh: unknown key pathh, did you mean path? (UnknownKey) → write path'],
  ],
  [
    'an unknown setting that all connections have',
    vault + '    driver: box\n    enviroment: dev\n',
    ['5:5 vaults.local.enviroment: unknown key enviroment, did you mean environment? (UnknownKey) → write environment'],
  ],
  [
    'an unknown setting that resembles nothing',
    vault + '    driver: box\n    compression: zstd\n',
    [
      '5:5 vaults.local.compression: unknown key compression (UnknownKey) → remove it; known here: driver, environment, key, path',
    ],
  ],
  [
    'a number where text belongs',
    vault + '    driver: box\n    path: 12\n',
    ['5:11 vaults.local.path: expected text, found a number (WrongType) → put it in quotes'],
  ],
  [
    'an octal mode without quotes',
    'version: 1\nsinks:\n  files: { driver: folder, root: run, mode: 0600 }\n',
    ['3:45 sinks.files.mode: expected text, found a number (WrongType) → put it in quotes'],
  ],
  [
    'a mode that the driver refuses',
    'version: 1\nsinks:\n  files: { driver: folder, root: run, mode: "888" }\n',
    ['3:45 sinks.files.mode: not a mode (WrongValue) → correct the value'],
  ],
  [
    'an empty text',
    vault + '    driver: box\n    path: ""\n',
    ['5:11 vaults.local.path: is empty (WrongValue) → give a value, or remove the key'],
  ],
  [
    'a key without a value',
    vault + '    driver: box\n    path:\n',
    ['5:10 vaults.local.path: is empty (WrongType) → give a value, or remove the key'],
  ],
  [
    'a setting that the driver needs',
    'version: 1\nsinks:\n  files: { driver: folder }\n',
    ['3:3 sinks.files.root: root is missing (MissingKey) → add root'],
  ],
  [
    'several things at once',
    'version: 1\nissuers:\n  idp:\n    driver: idp\n    url: idp\n    tries: 10\n    revokeIsolated: yes\n    credentialExpiresAt: soon\n',
    [
      '3:3 issuers.idp.clientSecret: clientSecret is missing (MissingKey) → add clientSecret',
      '5:10 issuers.idp.url: not a URL (WrongValue) → write an address such as https://host.example/path',
      '6:12 issuers.idp.tries: must be at most 9 (WrongValue) → correct the value',
      '7:21 issuers.idp.revokeIsolated: expected true or false, found text (WrongType) → write true or false',
      '8:26 issuers.idp.credentialExpiresAt: not a date (BadDate) → write a date or an instant of UTC, such as 2027-01-20 or 2027-01-20T08:00:00Z',
    ],
  ],
  [
    'a number with a fraction',
    'version: 1\nissuers:\n  idp: { driver: idp, url: https://idp.test, clientSecret: "${env:S}", tries: 1.5 }\n',
    ['3:79 issuers.idp.tries: expected a whole number, found a fraction (WrongType) → write a whole number'],
  ],
  [
    'an infinite number',
    'version: 1\nissuers:\n  idp: { driver: idp, url: https://idp.test, clientSecret: "${env:S}", tries: .inf }\n',
    ['3:79 issuers.idp.tries: expected a number, found one without end (WrongType) → write a number'],
  ],
  [
    'a list where a map belongs',
    'version: 1\nissuers:\n  idp: { driver: idp, url: https://idp.test, clientSecret: "${env:S}", grants: ["${env:G}"] }\n',
    ['3:80 issuers.idp.grants: expected a map, found a list (WrongType) → write a map: { name: value }'],
  ],
  [
    'an environment that is no name',
    vault + '    driver: box\n    environment: Production!\n',
    [
      '5:18 vaults.local.environment: not a name (BadName) → use a-z 0-9 . _ - and at most 63 characters, starting with a letter or digit',
    ],
  ],
  [
    'no environment at all',
    vault + '    driver: box\n    environment: []\n',
    [
      '5:18 vaults.local.environment: is empty (BadName) → use a-z 0-9 . _ - and at most 63 characters, starting with a letter or digit',
    ],
  ],
  [
    'holdsFor without a unit',
    'version: 1\nsinks:\n  files: { driver: folder, root: run, holdsFor: 10 }\n',
    [
      '3:49 sinks.files.holdsFor: expected text, found a number (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
    ],
  ],
  [
    'holdsFor in words',
    'version: 1\nsinks:\n  files: { driver: folder, root: run, holdsFor: 10 minutes }\n',
    [
      '3:49 sinks.files.holdsFor: not a duration (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
    ],
  ],
  [
    'notify that is a map',
    'version: 1\nnotify: { log: true }\n',
    ['2:9 notify: expected a list (WrongType) → write - { log: true }, or - { webhook: URL }'],
  ],
  [
    'notify with an unknown event',
    'version: 1\nnotify:\n  - { log: true, events: [recoverd] }\n',
    [
      '3:27 notify[0].events[0]: expected one of renewal-overdue, needs-attention, recovered, reminder, drifted, undelivered, unrevoked, credential-expiring; did you mean recovered? (WrongValue) → write recovered',
    ],
  ],
  [
    'notify without a receiver',
    'version: 1\nnotify:\n  - { events: [recovered] }\n',
    ['3:5 notify[0]: expected a map with one of log, webhook (WrongValue) → write { log: true }, or { webhook: URL }'],
  ],
  [
    'notify with two receivers',
    'version: 1\nnotify:\n  - { log: true, webhook: "${env:URL}" }\n',
    ['3:5 notify[0]: expected a map with one of log, webhook (WrongValue) → write { log: true }, or { webhook: URL }'],
  ],
  [
    'notify with a typo',
    'version: 1\nnotify:\n  - { webhook: "${env:URL}", secrets: "${env:SECRET}" }\n',
    ['3:30 notify[0].secrets: unknown key secrets, did you mean secret? (UnknownKey) → write secret'],
  ],
  [
    'notify with an address that is none',
    'version: 1\nnotify:\n  - { webhook: alerts.test }\n',
    [
      '3:16 notify[0].webhook: must be an http or https URL (WrongValue) → write an address such as https://host.example/path',
    ],
  ],
  [
    'notify with a credential in its address',
    'version: 1\nnotify:\n  - { webhook: "https://me:hunter2@hooks.test/" }\n',
    ['3:16 notify[0].webhook: must not hold a credential (WrongValue) → correct the value'],
  ],
  [
    'defaults with a typo',
    'version: 1\ndefaults: { renewBfore: 33% }\n',
    ['2:13 defaults.renewBfore: unknown key renewBfore, did you mean renewBefore? (UnknownKey) → write renewBefore'],
  ],
  [
    'defaults with what only a token may say',
    'version: 1\ndefaults: { scopes: [a] }\n',
    [
      '2:13 defaults.scopes: unknown key scopes (UnknownKey) → remove it; known here: attemptTimeout, grace, issuer, maxTtl, owner, reconcile, remind, renewBefore, runbook, sinks, ttl, vault',
    ],
  ],
  [
    'defaults that are a list',
    'version: 1\ndefaults: [platform]\n',
    ['2:11 defaults: expected a map, found a list (WrongType) → write a map: { name: value }'],
  ],
];
