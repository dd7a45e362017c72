import { describe, expect, it } from 'vitest';
import { parseCron } from '../../api/cron-schedule.ts';

const read = (text: string) => {
  const reading = parseCron(text);
  if (!reading.ok) throw new Error(reading.problems.join('; '));
  return reading.cron;
};

describe('cron as VolSync takes it', () => {
  it.each([
    ['0 * * * *', { minutes: [0] }],
    ['*/15 3 * * *', { minutes: [0, 15, 30, 45], hours: [3] }],
    ['50/5 * * * *', { minutes: [50, 55] }],
    ['1-5/2 * * * *', { minutes: [1, 3, 5] }],
    ['0 0 1,15 * *', { daysOfMonth: [1, 15] }],
    ['0 2 * * 1-5', { daysOfWeek: [1, 2, 3, 4, 5] }],
    [' 0 4 * * * ', { expression: '0 4 * * *' }],
    ['@daily', { minutes: [0], hours: [0], eitherDay: false }],
    ['@weekly', { daysOfWeek: [0] }],
    ['@yearly', { daysOfMonth: [1], months: [1] }],
    ['CRON_TZ=Europe/Berlin 30 2 * * *', { timeZone: 'Europe/Berlin', expression: '30 2 * * *' }],
    ['TZ=America/New_York 30 2 * * *', { timeZone: 'America/New_York' }],
  ])('accepts %s', (text, expected) => {
    expect(read(text)).toMatchObject(expected);
  });

  it.each([
    // Admitted by the CRD's pattern, and then fatal in VolSync's parser (compatibility.md 1.2).
    ['00000', 'five fields'],
    ['0 0 * * 7', 'day of week'],
    ['@dailyfoo', '@dailyfoo'],
    ['foo 0 * * * *', 'five fields'],
    ['60 * * * *', 'minute'],
    ['0 24 * * *', 'hour'],
    ['0 0 0 * *', 'day of month'],
    ['0 0 1 13 *', 'month'],
    ['5-1 * * * *', 'ends before'],
    ['*/0 * * * *', 'at least 1'],
    ['CRON_TZ=Nowhere/City 0 * * * *', 'Nowhere/City'],
    ['CRON_TZ=Local 0 * * * *', 'Local'],
    // Refused by the pattern itself.
    ['0 0 * JAN *', 'five cron fields'],
    ['H * * * *', 'five cron fields'],
    ['0 0 ? * ?', 'five cron fields'],
    ['0 0 L * *', 'five cron fields'],
    ['@every 1h', 'five cron fields'],
    ['@midnight', 'five cron fields'],
    ['0 1-5,6 * * *', 'five cron fields'],
    ['0 1-5/2 * * *', 'five cron fields'],
    ['', 'five cron fields'],
  ])('refuses %s', (text, problem) => {
    const reading = parseCron(text);
    expect(reading.ok ? [] : reading.problems.join('; ')).toContain(problem);
  });

  it('names the problems of all fields at once', () => {
    const reading = parseCron('60 24 0 13 7');
    expect(reading.ok ? [] : reading.problems).toHaveLength(5);
  });

  it.each([
    ['0 0 1 * 1', true],
    ['0 0 * * 1', false],
    ['0 0 1 * *', false],
    ['0 0 */2 * 1', true],
    ['0 0 */1 * 1', false],
  ])('%s: either day counts = %s, as in robfig/cron v3', (text, either) => {
    expect(read(text).eitherDay).toBe(either);
  });
});
