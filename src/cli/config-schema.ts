import { readFile, stat } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { replaceFile } from '../common/replace-file.js';
import { configJsonSchema, schemaTitle } from '../config/json-schema.js';
import { isObject, parseJson } from '../core/json.js';
import { readDrivers } from '../read-config.js';
import { exitCodes } from './exit-codes.js';
import { Failure } from './report.js';

/** The schema of a configuration, for editors, with every driver that it may name. @throws ConfigProblems */
export async function schemaText(paths: readonly string[]): Promise<string> {
  const registries = await readDrivers(paths);
  return `${JSON.stringify(configJsonSchema({ registries, areKnown: true }), null, 2)}\n`;
}

/** Writes a schema to a new file, or over an earlier schema. @throws Failure for any other file, and one that cannot be written */
export async function writeSchema(file: string, text: string): Promise<void> {
  await requireReplaceable(file);
  try {
    await replaceFile(file, text, { setAccess: (made) => made.chmod(0o644) });
  } catch {
    throw new Failure(exitCodes.failed, `${file} cannot be written`, 'name a file in a folder that you may write');
  }
}

/** The line with which editors find the schema of a configuration. */
export function schemaLine(configFile: string, schemaFile: string): string {
  const path = relative(dirname(configFile), schemaFile).replaceAll('\\', '/');
  return `# yaml-language-server: $schema=${path.startsWith('../') ? path : `./${path}`}`;
}

/** Protects a configuration from a mistaken `--out tokens.yaml`. @throws Failure for an existing file that is not such a schema */
export async function requireReplaceable(file: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found === null || (found.isFile() && (await isSchema(file)))) return;
  throw new Failure(exitCodes.failed, `${file} is there, and no schema of tokenkeeper`, 'name another file');
}

async function isSchema(file: string): Promise<boolean> {
  const found = parseJson(await readFile(file, 'utf8').catch(() => ''));
  return isObject(found) && found['title'] === schemaTitle;
}
