import { isObject, type Json } from '../core/json.js';
import { checkRest, checkShape, reportBadReferences, split } from './check.js';
import type { NotifyConfig } from './config.js';
import { notifiers } from '../notifiers/registry.js';
import type { Path, ProblemList } from './problems.js';
import { notifySchema } from './schema.js';
import { isList, type ConfigFile } from './sections.js';

/** Reads `notify` of all files. Without any, and in place of one with a problem, everything is logged: a keeper must not be silent. */
export function readNotify(files: readonly ConfigFile[], problems: ProblemList): NotifyConfig[] {
  const entries: NotifyConfig[] = [];
  let isAsked = false;
  for (const file of files) {
    const value = file.value['notify'] ?? null;
    if (value === null) continue;
    isAsked = true;
    if (isList(value))
      entries.push(...value.map((item, index) => readEntry(file, ['notify', index], item, problems) ?? logsAll));
    else
      problems.add(file, ['notify'], 'WrongType', 'expected a list', {
        do: 'write - { log: true }, or - { webhook: URL }',
      });
  }
  return isAsked ? entries : [logsAll];
}

const logsAll: NotifyConfig = { notifier: 'log', events: null, environments: null, settings: { log: true } };

function readEntry(source: ConfigFile, path: Path, value: Json, problems: ProblemList): NotifyConfig | null {
  const before = problems.size;
  const names = isObject(value) ? Object.keys(notifiers).filter((name) => Object.hasOwn(value, name)) : [];
  const [notifier] = names;
  if (!isObject(value) || notifier === undefined || names.length > 1) {
    const message = `expected a map with one of ${Object.keys(notifiers).join(', ')}`;
    problems.add(source, path, 'WrongValue', message, { do: 'write { log: true }, or { webhook: URL }' });
    return null;
  }
  reportBadReferences({ source, path, value }, problems);
  const [own, settings] = split(value, Object.keys(notifySchema.shape));
  const common = checkShape(notifySchema, { source, path, value: own }, problems);
  const schema = notifiers[notifier]?.settings;
  if (schema) checkRest(schema, { source, path, value: settings }, Object.keys(notifySchema.shape), problems);
  if (problems.size > before || common === undefined) return null;
  return { notifier, events: common.events ?? null, environments: common.environment ?? null, settings };
}
