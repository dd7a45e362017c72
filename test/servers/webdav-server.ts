import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join, normalize } from 'node:path';

/** As much of WebDAV as a real Kopia uses, over a folder, with basic authentication: the other backend that needs no account. */
export interface WebdavServer {
  readonly url: string;
  readonly username: string;
  readonly password: string;
  readonly directory: string;
  stop(): Promise<void>;
}

export async function startWebdavServer(host = '127.0.0.1'): Promise<WebdavServer> {
  const directory = mkdtempSync(join(tmpdir(), 'stowage-dav-'));
  const [username, password] = ['dav-user', randomBytes(12).toString('hex')];
  const wanted = `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const known = request.headers.authorization === wanted;
      const { status, body } = known ? answer(directory, request, Buffer.concat(chunks)) : { status: 401, body: '' };
      response.writeHead(status, known ? {} : { 'www-authenticate': 'Basic realm="test"' }).end(body);
    });
  });
  server.listen(0, host);
  await once(server, 'listening');
  return {
    ...{ username, password, directory },
    url: `http://${host}:${(server.address() as AddressInfo).port}/`,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface Answer {
  readonly status: number;
  readonly body: string | Buffer;
}

const only = (status: number): Answer => ({ status, body: '' });

function answer(root: string, request: IncomingMessage, body: Buffer): Answer {
  const pathOf = (url: string): string => join(root, normalize(decodeURIComponent(new URL(url, 'http://x').pathname)));
  const path = pathOf(request.url ?? '/');
  const parent = existsSync(join(path, '..'));
  switch (request.method) {
    case 'PUT':
      if (!parent) return only(409);
      writeFileSync(path, body);
      return only(201);
    case 'MKCOL':
      if (!parent) return only(409);
      mkdirSync(path, { recursive: true });
      return only(201);
  }
  if (!existsSync(path)) return only(404);
  switch (request.method) {
    case 'GET':
      return partOf(readFileSync(path), request.headers.range);
    case 'MOVE':
      renameSync(path, pathOf(String(request.headers.destination)));
      return only(201);
    case 'DELETE':
      rmSync(path, { recursive: true });
      return only(204);
    case 'PROPFIND': {
      const below = request.headers.depth === '1' && statSync(path).isDirectory() ? readdirSync(path) : [];
      const parts = [path, ...below.map((name) => join(path, name))].map(describe);
      return {
        status: 207,
        body: `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:">${parts.join('')}</d:multistatus>`,
      };
    }
    default:
      return only(405);
  }
}

function partOf(content: Buffer, range: string | undefined): Answer {
  const found = /^bytes=(\d+)-(\d*)$/.exec(range ?? '');
  if (!found) return { status: 200, body: content };
  const body = content.subarray(Number(found[1]), found[2] ? Number(found[2]) + 1 : undefined);
  return { status: body.length > 0 ? 206 : 416, body };
}

function describe(path: string): string {
  const { size, mtime } = statSync(path);
  const kind = statSync(path).isDirectory() ? '<d:resourcetype><d:collection/></d:resourcetype>' : '<d:resourcetype/>';
  const facts = `<d:getcontentlength>${size}</d:getcontentlength><d:getlastmodified>${mtime.toUTCString()}</d:getlastmodified>`;
  return `<d:response><d:href>/${encodeURIComponent(basename(path))}</d:href><d:propstat><d:prop>${kind}${facts}</d:prop><d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`;
}
