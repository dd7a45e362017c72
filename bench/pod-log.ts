import type { CoreV1Api } from '@kubernetes/client-node';

/** When the first line of a container's log was written, milliseconds since 1970, as the container runtime stamped it. @throws Error for an empty log. */
export async function firstLogTime(core: CoreV1Api, namespace: string, pod: string): Promise<number> {
  const text = await core.readNamespacedPodLog({ namespace, name: pod, timestamps: true });
  return logTime(text.split('\n')[0] ?? '');
}

/** The time in front of a line of a log that was asked for with timestamps, milliseconds since 1970, fractions kept. Pure. @throws Error when there is none. */
export function logTime(line: string): number {
  const match = /^(\S+?)(?:\.(\d+))?Z(?: |$)/.exec(line);
  const seconds = match ? Date.parse(`${match[1]}Z`) : Number.NaN;
  if (Number.isNaN(seconds)) throw new Error(`a line of a log begins with no time: '${line.slice(0, 60)}'`);
  return seconds + Number(`0.${match?.[2] ?? 0}`) * 1000;
}
