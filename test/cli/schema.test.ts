import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { withCli } from '../support/cli.js';
import { exampleDriver } from '../support/example-driver.js';

const bench = withCli({ worker: false });

const acme = `version: 1
drivers: [./drivers/acme-issuer.mjs, ./drivers/acme-sink.mjs]
vaults: { local: { driver: embedded } }
issuers: { acme: { driver: acme, url: https://acme.test, adminKey: "\${file:acme.key}" } }
sinks: { ci: { driver: acme-box, url: https://acme.test, apiKey: "\${file:acme.key}" } }
tokens: { dev/bot: { issuer: acme, project: ci, sinks: [{ sink: ci, box: bot }] } }
`;
const write = (name: string, text: string): Promise<void> => writeFile(join(bench.folder, name), text);
const validatorOf = (text: string): ValidateFunction =>
  new Ajv({ strict: false, validateFormats: false }).compile(JSON.parse(text) as object);

beforeAll(async () => {
  await mkdir(join(bench.folder, 'drivers'));
  for (const name of ['acme-issuer', 'acme-sink'] as const)
    await write(`drivers/${name}.mjs`, await exampleDriver(name));
});

describe('schema', () => {
  it('takes a configuration with drivers of modules, and refuses a setting of theirs that is misspelt', async () => {
    await write('tokens.yaml', acme);
    const { code, stdout, stderr } = await bench.tokenkeeper(['schema']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const takes = validatorOf(stdout);
    expect(takes(parse(acme)), JSON.stringify(takes.errors)).toBe(true);
    const misspelt = [
      acme.replace('adminKey', 'adminkey'),
      acme.replace('apiKey', 'apikey'),
      acme.replace('project', 'projekt'),
      acme.replace('driver: acme,', 'driver: acne,'),
      acme.replace('"${file:acme.key}"', 'a-literal-secret'),
    ];
    for (const text of misspelt) expect({ text, takes: takes(parse(text)) }).toEqual({ text, takes: false });
  });

  it('takes no driver of a module that the configuration does not name', async () => {
    await write('tokens.yaml', 'version: 1\n');
    const { stdout } = await bench.tokenkeeper(['schema']);
    expect(validatorOf(stdout)(parse(acme))).toBe(false);
  });

  it('needs no configuration that is finished, only its modules', async () => {
    await write('tokens.yaml', acme.replace('driver: acme,', 'drivr: acme,').replace('issuer: acme', 'issuer: nobody'));
    const { code, stdout } = await bench.tokenkeeper(['schema']);
    expect({ code, takes: validatorOf(stdout)(parse(acme)) }).toEqual({ code: 0, takes: true });
  });

  it.each([
    {
      title: 'a module that is not there',
      text: acme.replace('acme-sink.mjs', 'acme-sing.mjs'),
      problem: /tokens\.yaml:2:\d+ drivers\[1\]: \.\/drivers\/acme-sing\.mjs: there is no such file \(DriverNotFound\)/,
    },
    { title: 'what is no YAML', text: 'version: [1\n', problem: /tokens\.yaml:\d+:\d+: .*\(YamlSyntax\)/ },
    { title: 'a misspelt section', text: 'version: 1\ndriver: [x]\n', problem: /did you mean drivers\?/ },
  ])('says so of $title, as plan does', async ({ text, problem }) => {
    await write('tokens.yaml', text);
    const outcome = await bench.tokenkeeper(['schema', '--out', join(bench.folder, 'not.json')]);
    expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(problem) });
    expect(outcome).toEqual(await bench.tokenkeeper(['plan']));
    await expect(access(join(bench.folder, 'not.json'))).rejects.toThrow('ENOENT');
  });

  it('writes into a file, again too, and says how editors find it', async () => {
    await write('tokens.yaml', acme);
    const out = join(bench.folder, 'drivers/tokens.schema.json');
    for (let times = 0; times < 2; times++) {
      const { code, stdout } = await bench.tokenkeeper(['schema', '--out', out]);
      expect(code).toBe(0);
      expect(stdout).toContain(`wrote ${out}\n`);
      expect(stdout).toContain('\n  # yaml-language-server: $schema=./drivers/tokens.schema.json\n');
    }
    expect(await readFile(out, 'utf8')).toBe((await bench.tokenkeeper(['schema'])).stdout);
  });

  it.each([
    { title: 'the configuration', out: 'tokens.yaml', words: 'is there, and no schema of tokenkeeper' },
    { title: 'a folder', out: 'drivers', words: 'is there, and no schema of tokenkeeper' },
    { title: 'a file in a folder that is not there', out: 'nowhere/x.json', words: 'cannot be written' },
  ])('does not write into $title', async ({ out, words }) => {
    await write('tokens.yaml', acme);
    const outcome = await bench.tokenkeeper(['schema', '--out', join(bench.folder, out)]);
    expect(outcome).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining(words) });
    expect(await bench.read('tokens.yaml')).toBe(acme);
  });
});
