/** A span in Go's notation, as VolSync writes `lastSyncDuration`: `1m9.111s`, `500ms`, `0s`. To the millisecond. */
export function goDuration(seconds: number): string {
  const milliseconds = Math.max(0, Math.round(seconds * 1000));
  if (milliseconds === 0) return '0s';
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const hours = Math.floor(milliseconds / 3_600_000);
  const minutes = Math.floor(milliseconds / 60_000) % 60;
  const rest = `${(milliseconds % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${rest}`;
  return minutes > 0 ? `${minutes}m${rest}` : rest;
}
