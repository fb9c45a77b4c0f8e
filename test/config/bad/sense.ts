import { connections, token, type BadConfig } from './bad-config.js';

/** Bad configurations: settings of tokens. */
export const sense: readonly BadConfig[] = [
  [
    'an unknown key of a token',
    token('renewBfore: 33%'),
    ['9:5 tokens.dev/a.renewBfore: unknown key renewBfore, did you mean renewBefore? (UnknownKey) → write renewBefore'],
  ],
  [
    'an unknown parameter of the issuer',
    token('intialGrant: crm'),
    [
      '9:5 tokens.dev/a.intialGrant: unknown key intialGrant, did you mean initialGrant? (UnknownKey) → write initialGrant',
    ],
  ],
  [
    'a parameter that the issuer needs',
    connections + 'tokens:\n  dev/a: { issuer: idp }\n',
    ['6:3 tokens.dev/a.grant: grant is missing (MissingKey) → add grant'],
  ],
  [
    'a parameter that the issuer refuses',
    connections + 'tokens:\n  dev/a: { issuer: idp, grant: client_credential }\n',
    [
      '6:32 tokens.dev/a.grant: expected one of client_credentials, refresh_token; did you mean client_credentials? (WrongValue) → write client_credentials',
    ],
  ],
  [
    'a parameter that is wrong deep within',
    token('claims: { tenant: 7 }'),
    ['9:23 tokens.dev/a.claims.tenant: expected text, found a number (WrongType) → put it in quotes'],
  ],
  [
    'a parameter for an issuer that takes none',
    connections + 'tokens:\n  dev/a: { issuer: by-hand, grant: client_credentials }\n',
    [
      '6:29 tokens.dev/a.grant: unknown key grant (UnknownKey) → remove it; known here: attemptTimeout, expect, expiresAt, grace, issuer, maxTtl, owner, reconcile, remind, renewBefore, runbook, scopes, sinks, ttl, vault',
    ],
  ],
  [
    'scopes as one text',
    token('scopes: a b'),
    ['9:13 tokens.dev/a.scopes: expected a list, found text (WrongType) → write a list: [one, two]'],
  ],
  [
    'a scope with a space',
    token('scopes: [a b]'),
    ['9:14 tokens.dev/a.scopes[0]: a scope holds no space: write several as a list (WrongValue) → correct the value'],
  ],
  [
    'a share of 100%',
    token('renewBefore: 100%'),
    [
      '9:18 tokens.dev/a.renewBefore: neither a duration nor a share between 0% and 100% (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
    ],
  ],
  [
    'a share of 0%',
    token('renewBefore: 0%'),
    [
      '9:18 tokens.dev/a.renewBefore: neither a duration nor a share between 0% and 100% (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
    ],
  ],
  [
    'a span that is no span',
    token('maxTtl: 1 hour'),
    [
      '9:13 tokens.dev/a.maxTtl: not a duration (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
    ],
  ],
  [
    'a span without a unit',
    token('grace: 10'),
    [
      '9:12 tokens.dev/a.grace: expected text, found a number (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
    ],
  ],
  [
    'units in the wrong order',
    token('grace: 10s1m'),
    [
      '9:12 tokens.dev/a.grace: not a duration (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
    ],
  ],
  [
    'a span of 200 years',
    token('maxTtl: 73000d'),
    [
      '9:13 tokens.dev/a.maxTtl: not a duration (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
    ],
  ],
  [
    'a date that does not exist',
    token('expiresAt: 2027-02-30'),
    [
      '9:16 tokens.dev/a.expiresAt: not a date (BadDate) → write a date or an instant of UTC, such as 2027-01-20 or 2027-01-20T08:00:00Z',
    ],
  ],
  [
    'a date in another order',
    token('expiresAt: 20.1.2027'),
    [
      '9:16 tokens.dev/a.expiresAt: not a date (BadDate) → write a date or an instant of UTC, such as 2027-01-20 or 2027-01-20T08:00:00Z',
    ],
  ],
  [
    'a runbook that is no address',
    token('runbook: wiki'),
    [
      '9:14 tokens.dev/a.runbook: must be an http or https URL (WrongValue) → write an address such as https://host.example/path',
    ],
  ],
  [
    'a runbook of another protocol',
    token('runbook: "javascript:alert(1)"'),
    [
      '9:14 tokens.dev/a.runbook: must be an http or https URL (WrongValue) → write an address such as https://host.example/path',
    ],
  ],
  [
    'a reminder without a unit',
    token('remind: [30d, 7]'),
    [
      '9:19 tokens.dev/a.remind[1]: expected text, found a number (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
    ],
  ],
  [
    'reconcile in no time',
    token('reconcile: 0s'),
    [
      '9:16 tokens.dev/a.reconcile: neither a duration nor never (BadDuration) → write a number and a unit, such as 90d, 1h30m, 10s or 500ms',
    ],
  ],
  [
    'expect that is a list',
    token('expect: [aud]'),
    ['9:13 tokens.dev/a.expect: expected a map, found a list (WrongType) → write a map: { name: value }'],
  ],
  [
    'a target that the sink does not know',
    token('sinks:\n  - { sink: files, pth: x }'),
    ['10:24 tokens.dev/a.sinks[0].pth: unknown key pth, did you mean path? (UnknownKey) → write path'],
  ],
  [
    'a target of the wrong kind',
    token('sinks:\n  - { sink: files, path: 7 }'),
    ['10:30 tokens.dev/a.sinks[0].path: expected text, found a number (WrongType) → put it in quotes'],
  ],
  [
    'a target that leaves its bounds',
    token('sinks:\n  - { sink: files, path: /etc/passwd }'),
    [
      '10:9 tokens.dev/a.sinks[0]: the path leaves the root (WrongValue) → the worker’s configuration does not allow this: change it there, or the token',
    ],
  ],
  [
    'takeOver in words',
    token('sinks:\n  - { sink: files, takeOver: please }'),
    ['10:34 tokens.dev/a.sinks[0].takeOver: expected true or false, found text (WrongType) → write true or false'],
  ],
  [
    'two tokens on one place',
    connections +
      'tokens:\n  dev/a: { issuer: by-hand, sinks: [files] }\n  dev/b: { issuer: by-hand, sinks: [{ sink: files, path: dev/a }] }\n',
    [
      '7:37 tokens.dev/b.sinks[0]: dev/b would overwrite dev/a in files (tokens.yaml:6) (PlaceTaken) → give one of them another place in the sink, or another sink',
    ],
  ],
  [
    'two sinks on one place',
    connections.replace('root: run', 'root: run }, same: { driver: folder, root: run') +
      'tokens:\n  dev/a:\n    issuer: by-hand\n    sinks: [files, same]\n',
    [
      '8:20 tokens.dev/a.sinks[1]: dev/a would overwrite this token itself in same (tokens.yaml:8) (PlaceTaken) → give one of them another place in the sink, or another sink',
    ],
  ],
  [
    'renewBefore as long as the life',
    token('maxTtl: 1h\nrenewBefore: 1h'),
    [
      '10:18 tokens.dev/a.renewBefore: renewBefore 1h is not shorter than the life of 1h (RenewBeforeTooLong) → choose a shorter renewBefore, such as 33%',
    ],
  ],
  [
    'ttl beyond maxTtl',
    token('maxTtl: 1h\nttl: 2h'),
    ['10:10 tokens.dev/a.ttl: ttl 2h is longer than maxTtl 1h (WrongValue) → shorten ttl, or widen maxTtl'],
  ],
  [
    'a 1-hour token in a sink that holds it longer',
    connections.replace('root: run', 'root: run, holdsFor: 20m') +
      'tokens:\n  dev/a: { issuer: by-hand, maxTtl: 1h, sinks: [files] }\n',
    [
      '6:49 tokens.dev/a.sinks[0]: files holds a value for 20m, but the old one dies 19m48s after its renewal is due (HoldsTooLong) → renew earlier (renewBefore), ask for a longer life, or shorten holdsFor to the longest job',
    ],
  ],
  [
    'a renewBefore that leaves no room is cut, which leaves less of the old one',
    connections.replace('root: run', 'root: run, holdsFor: 8h') +
      'tokens:\n  dev/a: { issuer: by-hand, ttl: 10h, renewBefore: 90%, sinks: [files] }\n',
    [
      '6:65 tokens.dev/a.sinks[0]: files holds a value for 8h, but the old one dies 6h40m after its renewal is due (HoldsTooLong) → renew earlier (renewBefore), ask for a longer life, or shorten holdsFor to the longest job',
    ],
  ],
  [
    'a target in a set is told where it stands',
    connections +
      'sinkSets:\n  ci:\n    - { sink: files, pth: x }\ntokens:\n  dev/a: { issuer: by-hand, sinks: [ci] }\n  dev/b: { issuer: by-hand, sinks: [ci] }\n',
    ['7:22 sinkSets.ci[0].pth: unknown key pth, did you mean path? (UnknownKey) → write path'],
  ],
];
