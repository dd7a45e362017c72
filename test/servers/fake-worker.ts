import { DefaultLogger, NativeConnection, Runtime, Worker, type WorkerOptions } from '@temporalio/worker';

/** Runs work beside a worker of its own, which is shut down afterwards. The SDK's chatter stays out of the test report. */
export async function besideWorker<T>(
  address: string,
  options: Omit<WorkerOptions, 'connection'>,
  work: () => Promise<T>,
): Promise<T> {
  quietRuntime();
  const connection = await NativeConnection.connect({ address });
  try {
    const worker = await Worker.create({ ...options, connection });
    return await worker.runUntil(work);
  } finally {
    await connection.close();
  }
}

let quiet = false;

/** The SDK allows one installation a process. */
export function quietRuntime(): void {
  if (quiet) return;
  quiet = true;
  Runtime.install({ logger: new DefaultLogger('ERROR') });
}
