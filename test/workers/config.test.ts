import { describe, expect, it } from 'vitest';
import { ConfigError, type ConfigSources, parseWorkerConfig } from '../../workers/config.ts';
import { environmentSettings } from '../../workers/environment.ts';
import { WorkerRole } from '../../workers/role.ts';

const images = { STOWAGE_KOPIA_IMAGE: 'kopia/kopia:0.21.1', STOWAGE_IMAGE: 'stowage:0.1.0' };

function problemsOf(sources: Partial<ConfigSources>): readonly string[] {
  try {
    parseWorkerConfig({ role: WorkerRole.Control, environment: images, ...sources });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const file = (text: string) => ({ path: '/etc/stowage.yaml', text });

describe('the configuration of a worker', () => {
  it('needs no more than the two images', () => {
    const config = parseWorkerConfig({ role: 'movers', environment: images });
    expect(config).toMatchObject({
      role: 'movers',
      namespace: 'stowage-system',
      temporal: { address: '127.0.0.1:7233', namespace: 'default', tls: false },
      movers: { slots: 20 },
    });
  });

  it('lets the environment win over the file, and the file over the defaults', () => {
    const config = parseWorkerConfig({
      role: 'control',
      environment: { ...images, STOWAGE_MOVER_SLOTS: '7', STOWAGE_TEMPORAL_TLS: 'true' },
      file: file('movers: {slots: 3}\ncontrol: {slots: 9}\n'),
    });
    expect(config.movers.slots).toBe(7);
    expect(config.control.slots).toBe(9);
    expect(config.temporal.tls).toBe(true);
    expect(config.control.cachedWorkflows).toBe(100);
  });

  it('names every problem at once, each with field, origin, value and what to write', () => {
    const problems = problemsOf({
      role: 'controll',
      environment: {
        STOWAGE_TEMPORAL_ADDRESS: 'temporal',
        STOWAGE_MOVER_SLOTS: 'many',
        STOWAGE_MOVER_SLOT: '5',
        STOWAGE_HTTP_PORT: '70000',
      },
      file: file('logLevel: loud\nreplicas: 3\n'),
    });
    const text = problems.join('\n');
    expect(text).toContain("role: 'controll' is none: write one of control, movers, repository");
    expect(text).toContain("temporal.address (from STOWAGE_TEMPORAL_ADDRESS) is 'temporal': must be host:port such as");
    expect(text).toContain("movers.slots (from STOWAGE_MOVER_SLOTS) is 'many':");
    expect(text).toContain('STOWAGE_MOVER_SLOT: no such setting: did you mean STOWAGE_MOVER_SLOTS?');
    expect(text).toContain("http.port (from STOWAGE_HTTP_PORT) is '70000': must be 1 to 65535");
    expect(text).toContain("logLevel (from /etc/stowage.yaml) is 'loud':");
    expect(text).toContain('replicas (from /etc/stowage.yaml):');
    expect(problems).toHaveLength(7);
  });

  it('refuses a name that begins like ours and means nothing, without repeating its value', () => {
    const problems = problemsOf({ environment: { ...images, STOWAGE_KOPIA_PASSWORD_X: 'hunter2hunter2' } });
    expect(problems).toEqual(['STOWAGE_KOPIA_PASSWORD_X: no such setting: remove it']);
  });

  it('leaves the variables of the programs around it alone', () => {
    expect(problemsOf({ environment: { ...images, STOWAGE_CACHE_DIR: '/c', STOWAGE_ROLE: 'control' } })).toEqual([]);
  });

  it('takes an empty variable as not set', () => {
    expect(problemsOf({ environment: { ...images, STOWAGE_KUBECONFIG: '' } })).toEqual([]);
  });

  it('asks for the images only where movers are started', () => {
    expect(problemsOf({ role: 'repository', environment: {} })).toEqual([]);
    expect(problemsOf({ role: 'movers', environment: {} })).toHaveLength(2);
  });

  it('wants a certificate and its key together, and TLS with them', () => {
    const environment = { ...images, STOWAGE_TEMPORAL_CERT_FILE: '/tls/tls.crt' };
    expect(problemsOf({ environment }).join()).toMatch(/certFile and temporal.keyFile.*temporal.tls is false/);
  });

  it('says what is wrong with a file that is no mapping or no YAML', () => {
    expect(problemsOf({ file: file('- a\n- b\n') })[0]).toContain('must hold a mapping of settings');
    expect(problemsOf({ file: file('a: [1\n') })[0]).toContain('/etc/stowage.yaml is not YAML');
  });

  it('is frozen to its depth', () => {
    const config = parseWorkerConfig({ role: 'control', environment: images });
    expect(() => Object.assign(config.temporal, { address: 'x:1' })).toThrow(TypeError);
  });

  it('has one variable for a setting, and a setting for each variable', () => {
    const paths = environmentSettings.map(({ path }) => path);
    expect(new Set(paths).size).toBe(paths.length);
    const wrong = Object.fromEntries(environmentSettings.map(({ variable }) => [variable, '\u0001']));
    expect(problemsOf({ environment: wrong }).filter((line) => line.includes('Unrecognized key'))).toEqual([]);
  });
});
