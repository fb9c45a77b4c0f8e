import { choosePort } from '../../src/server/free-port.js';

/** Ports of 127.0.0.1. */
export interface StackPorts {
  readonly temporal: number;
  readonly webUi: number;
  readonly postgres: number;
  /** Further ports of the parts of Temporal's server, by the variable of its configuration. */
  readonly internal: Readonly<Record<string, number>>;
}

const internal = [
  'FRONTEND_HTTP_PORT',
  'FRONTEND_MEMBERSHIP_PORT',
  'HISTORY_GRPC_PORT',
  'HISTORY_MEMBERSHIP_PORT',
  'MATCHING_GRPC_PORT',
  'MATCHING_MEMBERSHIP_PORT',
  'WORKER_GRPC_PORT',
  'WORKER_MEMBERSHIP_PORT',
];

/** Chooses free ports: the asked ones, or the next from those of docker-compose.yml on. @throws TokenError `PortTaken` */
export async function choosePorts(asked: {
  readonly temporal?: number | undefined;
  readonly webUi?: number | undefined;
}): Promise<StackPorts> {
  const taken: number[] = [];
  const choose = async (title: string, from: number, exactly?: number): Promise<number> => {
    const port = await choosePort({ title, from, asked: exactly, except: taken });
    taken.push(port);
    return port;
  };
  const temporal = await choose('Temporal', 7233, asked.temporal);
  const webUi = await choose('Temporal Web UI', 8080, asked.webUi);
  const postgres = await choose('PostgreSQL', 15_432);
  const others: [string, number][] = [];
  for (const name of internal) others.push([name, await choose(name, 17_233)]);
  return { temporal, webUi, postgres, internal: Object.fromEntries(others) };
}
