import { connections, token, type BadConfig } from './bad-config.js';

/** Bad configurations: names that stand for nothing, or for what is not allowed. */
export const names: readonly BadConfig[] = [
  [
    'a key without an environment',
    connections + 'tokens:\n  a: { issuer: idp, grant: client_credentials }\n',
    [
      '6:3 tokens.a: a is not a token key (BadKey) → write <environment>/<name>, each of a-z 0-9 . _ - and at most 63 characters, starting with a letter or digit',
    ],
  ],
  [
    'a key of three parts',
    connections + 'tokens:\n  dev/a/b: { issuer: idp, grant: client_credentials }\n',
    [
      '6:3 tokens.dev/a/b: dev/a/b is not a token key (BadKey) → write <environment>/<name>, each of a-z 0-9 . _ - and at most 63 characters, starting with a letter or digit',
    ],
  ],
  [
    'a key with capitals',
    connections + 'tokens:\n  Dev/a: { issuer: idp, grant: client_credentials }\n',
    [
      '6:3 tokens.Dev/a: Dev/a is not a token key (BadKey) → write <environment>/<name>, each of a-z 0-9 . _ - and at most 63 characters, starting with a letter or digit',
    ],
  ],
  [
    'a key with capitals, and settings that are wrong whatever the key',
    connections + 'tokens:\n  Dev/a: { issuer: idp, grace: 10, owner: "${env:OWNER}" }\n',
    [
      '6:3 tokens.Dev/a: Dev/a is not a token key (BadKey) → write <environment>/<name>, each of a-z 0-9 . _ - and at most 63 characters, starting with a letter or digit',
      '6:32 tokens.Dev/a.grace: expected text, found a number (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
      '6:43 tokens.Dev/a.owner: a token may hold no reference (ReferenceNotAllowed) → name a connection instead: references stand in vaults, issuers, sinks and notify only',
    ],
  ],
  [
    'a token that is empty',
    connections + 'tokens:\n  dev/a:\n',
    ['6:3 tokens.dev/a: is empty (WrongType) → write its settings, or remove it'],
  ],
  [
    'no issuer',
    connections + 'tokens:\n  dev/a: { grant: client_credentials }\n',
    ['6:3 tokens.dev/a.issuer: issuer is missing (MissingKey) → add issuer, here or under defaults'],
  ],
  [
    'a misspelt issuer',
    connections + 'tokens:\n  dev/a: { isuer: idp, grant: client_credentials }\n',
    ['6:12 tokens.dev/a.isuer: unknown key isuer, did you mean issuer? (UnknownKey) → write issuer'],
  ],
  [
    'an unknown issuer',
    connections + 'tokens:\n  dev/a: { issuer: ipd, grant: client_credentials }\n',
    ['6:20 tokens.dev/a.issuer: no issuer ipd, did you mean idp? (UnknownName) → write idp'],
  ],
  [
    'an unknown issuer that resembles one that needs no declaration',
    connections + 'tokens:\n  dev/a: { issuer: by-hnad }\n',
    ['6:20 tokens.dev/a.issuer: no issuer by-hnad, did you mean by-hand? (UnknownName) → write by-hand'],
  ],
  [
    'an issuer whose driver needs a declaration',
    connections.replace('idp: { driver', 'main: { driver') +
      'tokens:\n  dev/a: { issuer: idp, grant: client_credentials }\n',
    [
      '6:20 tokens.dev/a.issuer: no issuer idp (UnknownName) → declare it, or correct the name; declared: by-hand, main',
    ],
  ],
  [
    'an unknown default issuer, said once',
    connections +
      'defaults: { issuer: okta }\ntokens:\n  dev/a: { grant: client_credentials }\n  dev/b: { grant: client_credentials }\n',
    ['5:21 defaults.issuer: no issuer okta (UnknownName) → declare it, or correct the name; declared: by-hand, idp'],
  ],
  [
    'an unknown vault',
    token('vault: lcal'),
    ['9:12 tokens.dev/a.vault: no vault lcal, did you mean local? (UnknownName) → write local'],
  ],
  [
    'an unknown sink',
    token('sinks: [files, fils]'),
    ['9:20 tokens.dev/a.sinks[1]: no sink fils, did you mean files? (UnknownName) → write files'],
  ],
  [
    'an unknown sink where none is declared',
    'version: 1\nvaults: { local: { driver: box } }\ntokens:\n  dev/a: { issuer: by-hand, sinks: [files] }\n',
    ['4:37 tokens.dev/a.sinks[0]: no sink files (UnknownName) → declare it, or correct the name; no sink is declared'],
  ],
  [
    'an unknown sink in a set',
    connections + 'sinkSets:\n  ci: [file]\n',
    ['6:8 sinkSets.ci[0]: no sink file, did you mean files? (UnknownName) → write files'],
  ],
  [
    'an issuer that is wrong is not reported again by its tokens',
    connections.replace('url: https://idp.test', 'url: idp') +
      'tokens:\n  dev/a: { issuer: idp, grant: client_credentials }\n  dev/b: { issuer: idp, grant: client_credentials }\n',
    ['3:37 issuers.idp.url: not a URL (WrongValue) → write an address such as https://host.example/path'],
  ],
  [
    'no vault',
    'version: 1\nissuers: {}\ntokens:\n  dev/a: { issuer: by-hand }\n',
    ['4:3 tokens.dev/a: no vault serves dev (NameNeeded) → declare one under vaults'],
  ],
  [
    'several vaults and none called local',
    connections.replace('local: { driver: box }', 'one: { driver: box }, two: { driver: box }') +
      'tokens:\n  dev/a: { issuer: by-hand }\n',
    ['6:3 tokens.dev/a: several vaults serve dev: one, two (NameNeeded) → write vault: NAME, here or under defaults'],
  ],
  [
    'a sink of another environment',
    connections.replace('root: run', 'root: run, environment: [production, staging]') +
      'tokens:\n  dev/a: { issuer: by-hand, sinks: [files] }\n',
    [
      '6:37 tokens.dev/a.sinks[0]: sink files serves production, staging, not dev (WrongEnvironment) → use a connection of that environment, or widen environment of the connection',
    ],
  ],
  [
    'an issuer of another environment',
    connections.replace('driver: idp,', 'driver: idp, environment: production,') +
      'tokens:\n  dev/a: { issuer: idp, grant: client_credentials }\n',
    [
      '6:20 tokens.dev/a.issuer: issuer idp serves production, not dev (WrongEnvironment) → use a connection of that environment, or widen environment of the connection',
    ],
  ],
  [
    'a vault of another environment',
    connections.replace('driver: box', 'driver: box, environment: production') +
      'tokens:\n  dev/a: { issuer: by-hand, vault: local }\n',
    [
      '6:36 tokens.dev/a.vault: vault local serves production, not dev (WrongEnvironment) → use a connection of that environment, or widen environment of the connection',
    ],
  ],
  [
    'no vault that serves the environment',
    connections.replace('driver: box', 'driver: box, environment: production') +
      'tokens:\n  dev/a: { issuer: by-hand }\n',
    ['6:3 tokens.dev/a: no vault serves dev (NameNeeded) → declare one under vaults'],
  ],
  [
    'a sink of another environment within a set',
    connections.replace('root: run', 'root: run, environment: production') +
      'sinkSets: { ci: [files] }\ntokens:\n  dev/a: { issuer: by-hand, sinks: [ci] }\n',
    [
      '5:18 sinkSets.ci[0]: sink files serves production, not dev (WrongEnvironment) → use a connection of that environment, or widen environment of the connection',
    ],
  ],
  [
    'a set that is called like a sink',
    connections + 'sinkSets: { files: [files] }\n',
    [
      '5:13 sinkSets.files: a sink is called files too (DuplicateName) → give one of them another name',
      '5:21 sinkSets.files[0]: a set within itself: files → files (SinkSetCycle) → take one of the sets out of the circle',
    ],
  ],
  [
    'a set that holds itself',
    connections + 'sinkSets: { ci: [files, ci] }\n',
    ['5:25 sinkSets.ci[1]: a set within itself: ci → ci (SinkSetCycle) → take one of the sets out of the circle'],
  ],
  [
    'sets in a circle',
    connections + 'sinkSets:\n  a: [b]\n  b: [c]\n  c: [a]\ntokens:\n  dev/a: { issuer: by-hand, sinks: [a] }\n',
    ['8:7 sinkSets.c[0]: a set within itself: a → b → c → a (SinkSetCycle) → take one of the sets out of the circle'],
  ],
  [
    'a set that is a text',
    connections + 'sinkSets: { ci: files }\n',
    ['5:13 sinkSets.ci: expected a list of sinks (WrongType) → write a list of sinks'],
  ],
  [
    'a target beside a set',
    connections + 'sinkSets: { ci: [files] }\ntokens:\n  dev/a: { issuer: by-hand, sinks: [{ sink: ci, path: x }] }\n',
    ['7:37 tokens.dev/a.sinks[0]: ci is a set of sinks and takes no target (WrongValue) → name the sink itself'],
  ],
  [
    'a sink entry without its sink',
    token('sinks:\n  - path: x'),
    ['10:9 tokens.dev/a.sinks[0].sink: sink is missing (MissingKey) → add sink'],
  ],
  [
    'a sink entry that is a number',
    token('sinks: [1]'),
    [
      '9:13 tokens.dev/a.sinks[0]: expected text or a map, found a number (BadName) → use a-z 0-9 . _ - and at most 63 characters, starting with a letter or digit',
    ],
  ],
  [
    'sinks that are a text',
    token('sinks: files'),
    ['9:12 tokens.dev/a.sinks: expected a list, found text (WrongType) → write a list: [one, two]'],
  ],
];
