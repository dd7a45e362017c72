import { describe, expect, it } from 'vitest';
import { createUploadInbox } from '../../workers/upload-reports.ts';

const RUN = '01a20a6c-007b-7b46-9a41-9ccdc69affb4';
const path = `/metrics/job/stowage/run/${RUN}`;
const page = (bytes: number): string =>
  `# TYPE kopia_blob_upload_bytes_total counter\nkopia_blob_upload_bytes_total ${bytes}\n`;
const never = new AbortController().signal;

describe('what movers say they uploaded', () => {
  it('is the figure of their end, also when it comes after the question', async () => {
    const inbox = createUploadInbox('http://10.0.0.1:8080');
    inbox.receive(path, '');
    const asked = inbox.final(RUN, 5_000, never);
    inbox.receive(path, page(110_015_562));
    expect(await asked).toBe(110_015_562);
  });

  it('stays unknown when the start was reported to another worker, or the end does not come', async () => {
    const inbox = createUploadInbox(undefined);
    expect(await inbox.final(RUN, 5_000, never)).toBeUndefined();
    inbox.receive(path, '');
    expect(await inbox.final(RUN, 10, never)).toBeUndefined();
  });

  it('is not taken from a path that is none of a mover', () => {
    expect(createUploadInbox(undefined).receive('/metrics/job/stowage/run/../../x', page(1))).toBe(false);
  });
});
