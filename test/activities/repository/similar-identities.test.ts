import { describe, expect, it } from 'vitest';
import { otherIdentities } from '../../../activities/repository/similar-identities.ts';

const formerOf = (wanted: string, existing: readonly string[], neighbours: readonly string[] = []) =>
  otherIdentities(wanted, existing, neighbours).formerIdentities;

describe('what a repository holds that may be a former name', () => {
  it.each([
    ['a source that was named after its application only', 'app-src@demo:/data', 'app@demo:/data'],
    ['the same source with another path', 'app-src@demo:/data', 'app-src@demo:/config'],
    ['the name of the first builds of the fork', 'app-src@demo:/data', 'app-demo@demo:/data'],
  ])('%s', (_, wanted, former) => {
    expect(formerOf(wanted, [former, 'other@demo:/data'])).toEqual([former]);
  });

  it.each([
    ['another application of the namespace', 'other-src@demo:/data'],
    ['the same name in another namespace', 'app-src@prod:/data'],
    ['itself', 'app-src@demo:/data'],
  ])('not %s', (_, other) => {
    expect(formerOf('app-src@demo:/data', [other])).toBeUndefined();
  });

  it('not what another declared source has, and nothing where nobody asks for it', () => {
    const existing = ['app-meta@demo:/data'];
    expect(formerOf('app-src@demo:/data', existing)).toEqual(existing);
    expect(formerOf('app-src@demo:/data', existing, existing)).toBeUndefined();
    expect(otherIdentities('app-src@demo:/data', existing, undefined)).toEqual({ otherIdentities: existing });
  });
});
