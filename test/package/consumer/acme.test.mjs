// A sink of a third party, which runs the contract that the package exports.
import { defineSink, TokenError } from 'temporal-tokenkeeper';
import { sinkContract } from 'temporal-tokenkeeper/testing';

const strict = { parse: (value) => value };

function acme() {
  const values = new Map();
  const state = { isBroken: false };
  const admit = (signal) => {
    if (signal.aborted) {
      const isLate = signal.reason?.name === 'TimeoutError';
      throw new TokenError(isLate ? 'SinkUnavailable' : 'Cancelled', 'acme: ended');
    }
    if (state.isBroken) throw new TokenError('SinkUnavailable', 'acme: no answer');
  };
  const driver = defineSink({
    name: 'acme',
    connection: strict,
    target: strict,
    place: (_, key) => key,
    open: async () => ({
      check: async ({ signal }) => admit(signal),
      async write({ key, value, signal }) {
        admit(signal);
        values.set(key, value.reveal());
      },
      async read({ signal }) {
        admit(signal);
        return { found: 'unreadable' };
      },
      async remove({ key, signal }) {
        admit(signal);
        values.delete(key);
      },
    }),
  });
  return { values, state, driver };
}

sinkContract(
  'acme',
  async () => {
    const { values, state, driver } = acme();
    return {
      driver,
      connection: {},
      held: async (key) => values.get(key) ?? null,
      snapshot: async () => [...values],
      plant: async (key, value) => void values.set(key, value),
      breakIt: async () => void (state.isBroken = true),
      close: async () => {},
    };
  },
  { writeOnly: true },
);
