import {
  ApiException,
  type ConfigurationOptions,
  Observable,
  type RequestContext,
  type ResponseContext,
} from '@kubernetes/client-node';
import { CommandError } from '../errors.ts';

/** The client has no time-out of its own, milliseconds. */
const REQUEST_TIMEOUT = 15_000;

const requestOptions = (contentType?: string): ConfigurationOptions => ({
  middleware: [
    {
      pre(request: RequestContext): Observable<RequestContext> {
        request.setSignal(AbortSignal.timeout(REQUEST_TIMEOUT));
        if (contentType !== undefined) request.setHeaderParam('Content-Type', contentType);
        return new Observable(Promise.resolve(request));
      },
      post: (response: ResponseContext): Observable<ResponseContext> => new Observable(Promise.resolve(response)),
    },
  ],
  middlewareMergeStrategy: 'append',
});

/** Aborts a request that gets no answer. */
export const timeLimited = requestOptions();

/** A JSON merge patch, aborted when it gets no answer. */
export const mergePatch = requestOptions('application/merge-patch+json');

export const isStatus = (error: unknown, ...codes: readonly number[]): boolean =>
  error instanceof ApiException && codes.includes(error.code);

/**
 * What a person is told when a request fails. `what` says what was asked for, as in "list persistentvolumeclaims in
 * namespace demo". The client's own message carries the response's body and headers; only status and reason are passed on.
 */
export function clusterError(error: unknown, what: string): CommandError {
  if (error instanceof CommandError) return error;
  if (error instanceof ApiException && (error.code === 401 || error.code === 403)) {
    return new CommandError(`the cluster does not let you ${what} (HTTP ${error.code})`, { type: 'Forbidden' });
  }
  const reason =
    error instanceof ApiException ? `HTTP ${error.code}` : error instanceof Error ? error.message : String(error);
  return new CommandError(`the Kubernetes API does not answer (${reason})`, {
    type: 'ClusterUnreachable',
    remedy: 'Check the kubeconfig (KUBECONFIG, --context) and that the API server is reachable from here.',
  });
}

export const place = (namespace: string | undefined): string =>
  namespace === undefined ? 'in all namespaces' : `in namespace ${namespace}`;
