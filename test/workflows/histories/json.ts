import proto from '@temporalio/proto';

const { History } = proto.temporal.api.history.v1;
export type History = proto.temporal.api.history.v1.IHistory;

/** A history as text, an event a line. (historyToJSON of the SDK mixes two copies of protobufjs.) */
export function historyText(history: History): string {
  const plain = History.toObject(History.fromObject(history), { longs: String, enums: String, bytes: String });
  const events = (plain['events'] as unknown[]).map((event) => JSON.stringify(event));
  return `{"events":[\n${events.join(',\n')}\n]}\n`;
}

/** Reads {@link historyText}. */
export function historyOf(text: string): History {
  return History.fromObject(JSON.parse(text) as Record<string, unknown>);
}
