import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { parseWorkerConfig } from '../../workers/config.ts';
import { workerRoles } from '../../workers/role.ts';

type Service = {
  image: string;
  command?: string[];
  environment?: Record<string, string>;
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: object;
  ports?: string[];
  volumes?: string[];
  configs?: { source: string }[];
  stop_grace_period?: string;
};
type Compose = {
  services: Record<string, Service>;
  volumes: Record<string, object>;
  configs: Record<string, { content: string }>;
};

const text = readFileSync(fileURLToPath(new URL('../../docker-compose.yml', import.meta.url)), 'utf8');
const compose = parse(text, { merge: true }) as Compose;
const services = Object.entries(compose.services);

/** As compose itself fills in `${NAME:-default}` and `${NAME:?message}`. */
const interpolate = (value: string): string =>
  value.replace(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind: string, rest: string) =>
    kind === '-' ? rest : `value-of-${name}`,
  );

// There is no container engine on the machine that builds this: the shape is what a test can hold.
describe('docker-compose.yml', () => {
  it('has Temporal with PostgreSQL, its UI and the three workers', () => {
    expect(Object.keys(compose.services).sort()).toEqual(
      ['postgresql', 'schema', 'temporal', 'namespace', 'temporal-ui', ...workerRoles].sort(),
    );
  });

  it.each(services)(
    '%s: a pinned image, and only services that exist and end or become healthy before it',
    (_, service) => {
      expect(interpolate(service.image)).toMatch(/^[a-z0-9./-]+:\d+\.\d+[\w.-]*$/);
      for (const [name, { condition }] of Object.entries(service.depends_on ?? {})) {
        const other = compose.services[name];
        expect(other, name).toBeDefined();
        if (condition === 'service_healthy') expect(other?.healthcheck).toBeDefined();
        else expect(condition).toBe('service_completed_successfully');
      }
    },
  );

  it.each(services)('%s: is reached from this machine only, and mounts what is declared', (_, service) => {
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
    for (const volume of service.volumes ?? []) {
      const [source = ''] = interpolate(volume).split(':');
      if (!/^[./]/.test(source)) expect(Object.keys(compose.volumes)).toContain(source);
    }
    for (const { source } of service.configs ?? []) expect(Object.keys(compose.configs)).toContain(source);
  });

  it('holds no password: each comes from the environment of whoever starts it', () => {
    for (const [name, { environment = {} }] of services) {
      for (const [variable, value] of Object.entries(environment)) {
        if (/PASSWORD|PWD/.test(variable)) expect(value, `${name} ${variable}`).toMatch(/^\$\{\w+:[?-][^}]*\}$/);
      }
    }
  });

  it.each(workerRoles)('starts %s with an environment that the worker accepts', (role) => {
    const { command, environment = {}, stop_grace_period } = compose.services[role] as Service;
    expect(command).toEqual(['dist/workers/main.js', role]);
    const filled = Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, interpolate(value)]));
    const config = parseWorkerConfig({ role, environment: filled });
    expect(config.temporal.address).toBe('temporal:7233');
    expect(Number.parseInt(stop_grace_period ?? '0', 10)).toBeGreaterThanOrEqual(30);
  });

  it('gives the server settings that it can read', () => {
    const settings = parse(compose.configs['dynamic-config']?.content ?? '') as Record<string, { value: unknown }[]>;
    for (const values of Object.values(settings)) expect(values).toEqual([{ value: expect.anything() }]);
    expect(Object.keys(settings)).toContain('matching.enableFairness');
  });
});
