import { describe, expect, it } from 'vitest';
import { parseCliConfig } from '../../cli/config.ts';
import { UsageError } from '../../cli/errors.ts';

const messageOf = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    if (error instanceof UsageError) return error.message;
    throw error;
  }
  throw new Error('a usage error expected');
};

describe('the configuration of the command line', () => {
  it('has defaults for the embedded platform and a plain pipe', () => {
    expect(parseCliConfig({}, {}, false)).toEqual({
      temporalAddress: '127.0.0.1:7233',
      temporalNamespace: 'default',
      color: false,
      json: false,
    });
  });

  it('lets flags win over the environment, and an empty variable count as none', () => {
    const env = {
      STOWAGE_TEMPORAL_ADDRESS: 'a.example:1',
      STOWAGE_TEMPORAL_NAMESPACE: '',
      STOWAGE_TEMPORAL_UI: 'http://ui.example/',
    };
    expect(parseCliConfig(env, { address: 'b.example:2', context: 'prod', json: true }, true)).toEqual({
      temporalAddress: 'b.example:2',
      temporalNamespace: 'default',
      uiUrl: 'http://ui.example',
      kubeContext: 'prod',
      color: true,
      json: true,
    });
  });

  it('names every wrong value at once: where it was set, what it is, what to write', () => {
    const env = {
      STOWAGE_TEMPORAL_ADDRESS: 'localhost',
      STOWAGE_TEMPORAL_ADRESS: 'localhost:7233',
      STOWAGE_TEMPORAL_TLS: 'yes',
      STOWAGE_TEMPORAL_CERT_FILE: '/tls.crt',
    };
    const message = messageOf(() => parseCliConfig(env, { temporalNamespace: 'a b', uiUrl: 'ui.example' }, false));
    expect(message.split('\n')).toEqual([
      "STOWAGE_TEMPORAL_ADDRESS: 'localhost' is not host:port; write for example 127.0.0.1:7233",
      "--temporal-namespace: 'a b' is not the name of a Temporal namespace; write for example default",
      "--ui-url: 'ui.example' is not a URL; write for example http://127.0.0.1:8233",
      "STOWAGE_TEMPORAL_TLS: 'yes' is neither true nor false",
      'STOWAGE_TEMPORAL_CERT_FILE and STOWAGE_TEMPORAL_KEY_FILE: set both or neither',
      expect.stringContaining('STOWAGE_TEMPORAL_ADRESS: is not a setting'),
    ]);
  });

  it.each([
    [{ NO_COLOR: '1' }, {}, true],
    [{ TERM: 'dumb' }, {}, true],
    [{}, { color: false }, true],
    [{}, {}, false],
  ])('has no colours with %o, %o, terminal %s', (env, flags, isTty) => {
    expect(parseCliConfig(env, flags, isTty).color).toBe(false);
  });

  it('takes certificates as a wish for TLS', () => {
    expect(parseCliConfig({ STOWAGE_TEMPORAL_CA_FILE: '/ca.crt' }, {}, false).tls).toEqual({ caFile: '/ca.crt' });
    expect(parseCliConfig({ STOWAGE_TEMPORAL_TLS: 'true' }, {}, false).tls).toEqual({});
  });
});
