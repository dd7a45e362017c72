import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type handleUnaryCall,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServiceError,
  type UntypedHandleCall,
} from '@grpc/grpc-js';
import { load } from '@grpc/proto-loader';
import type { Logger } from 'pino';
import { PlatformError } from '../errors.ts';
import { toServiceError } from './status.ts';

/** The services that kubelet and the sidecars call. */
export type Protocol = {
  readonly identity: ServiceDefinition;
  readonly controller: ServiceDefinition;
  readonly node: ServiceDefinition;
  readonly registration: ServiceDefinition;
};

/**
 * Loads the service definitions from the specification's own files: `csi.proto`, and the kubelet's plugin registration as
 * `pluginregistration.proto` or `pluginregistration/api.proto`.
 * @throws PlatformError naming the file that is missing.
 */
export async function loadProtocol(directory: string): Promise<Protocol> {
  const registrationFiles = ['pluginregistration.proto', 'pluginregistration/api.proto'];
  const registration = registrationFiles.find((file) => existsSync(join(directory, file)));
  for (const file of ['csi.proto', registration ?? 'pluginregistration.proto']) {
    if (existsSync(join(directory, file))) continue;
    throw new PlatformError(`--proto-dir: ${join(directory, file)} is missing: copy it from its Go module`);
  }
  const options = { longs: Number, enums: String, defaults: true, oneofs: true, includeDirs: [directory] };
  const definitions = await load(['csi.proto', registration ?? ''], options);
  const service = (name: string): ServiceDefinition => definitions[name] as ServiceDefinition;
  return {
    identity: service('csi.v1.Identity'),
    controller: service('csi.v1.Controller'),
    node: service('csi.v1.Node'),
    registration: service('pluginregistration.Registration'),
  };
}

/** One call as it is written in this driver: request in, response out, a CsiError for a refusal. */
// biome-ignore lint/suspicious/noExplicitAny: each handler names its own message; the wire format is checked by proto-loader
export type Handlers = Record<string, (request: any) => Promise<unknown> | unknown>;

/** Turns plain functions into gRPC handlers that log every call with its duration and outcome, never its content. */
export function toImplementation(handlers: Handlers, log: Logger): Record<string, UntypedHandleCall> {
  const implementation: Record<string, UntypedHandleCall> = {};
  for (const [method, handle] of Object.entries(handlers)) {
    const handler: handleUnaryCall<Record<string, unknown>, unknown> = (call, callback) => {
      const started = performance.now();
      const subject = call.request.volumeId || call.request.snapshotId || call.request.name || undefined;
      const finish = (error: Pick<ServiceError, 'code' | 'details'> | null, response?: unknown): void => {
        const milliseconds = Math.round(performance.now() - started);
        if (error === null) log.info({ method, subject, milliseconds }, 'call');
        else log.warn({ method, subject, milliseconds, ...error }, 'call refused');
        callback(error, response);
      };
      Promise.resolve()
        .then(() => handle(call.request))
        .then(
          (response) => finish(null, response),
          (thrown) => finish(toServiceError(thrown)),
        );
    };
    implementation[method] = handler;
  }
  return implementation;
}

/** A listening server; `close` lets running calls end (at most `graceSeconds`) and removes the socket. */
export type Listening = { readonly close: (graceSeconds: number) => Promise<void> };

/** Serves on a unix socket; a socket file that a killed driver left is replaced. */
export async function listen(
  socket: string,
  services: readonly (readonly [ServiceDefinition, Record<string, UntypedHandleCall>])[],
): Promise<Listening> {
  const server = new Server();
  for (const [definition, implementation] of services) server.addService(definition, implementation);
  await rm(socket, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.bindAsync(`unix:${socket}`, ServerCredentials.createInsecure(), (error) =>
      error ? reject(error) : resolve(),
    );
  });
  return {
    close: async (graceSeconds) => {
      await new Promise<void>((resolve) => {
        const force = setTimeout(() => server.forceShutdown(), graceSeconds * 1000);
        server.tryShutdown(() => {
          clearTimeout(force);
          resolve();
        });
      });
      await rm(socket, { force: true });
    },
  };
}
