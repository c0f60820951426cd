// The HTTP/1 parser inside node:http (llhttp), alone and strict: the independent reading that ours is compared with.
// It has no public name; where a Node release hides it, `nodeParser` is null and the comparison says so and fails.
import { createRequire } from 'node:module';

interface RawParser {
  initialize(type: number, resource: object, maxHeaderSize: number, lenientFlags: number): void;
  execute(data: Buffer): number | (Error & { code: string; reason: string; bytesParsed: number });
  [event: number]: (...args: never[]) => unknown;
}
interface RawParserClass {
  new (): RawParser;
  readonly REQUEST: number;
  readonly RESPONSE: number;
  readonly kOnHeaders: number;
  readonly kOnHeadersComplete: number;
  readonly kOnBody: number;
  readonly kOnMessageComplete: number;
  readonly kLenientNone: number;
}

const { HTTPParser } = createRequire(import.meta.url)('_http_common') as { HTTPParser?: RawParserClass };
const { methods } = createRequire(import.meta.url)('_http_common') as { methods: readonly string[] };

export interface NodeMessage {
  /** `GET /path` or the status code. */
  start: string;
  /** `name: value`, names in lower case. */
  readonly fields: string[];
  body: string;
  readonly trailers: string[];
  complete: boolean;
  /** Raw bytes follow: an upgrade or CONNECT. */
  upgrade: boolean;
}

export interface NodeReading {
  readonly messages: NodeMessage[];
  /** `code: reason`; empty when nothing was refused. */
  error: string;
}

/** Reads `data` as requests or as responses to GET. */
export function readWithNode(data: Buffer, kind: 'requests' | 'responses'): NodeReading {
  if (HTTPParser === undefined) throw new Error("this Node has no '_http_common' HTTPParser any more");
  const parser = new HTTPParser();
  parser.initialize(
    kind === 'requests' ? HTTPParser.REQUEST : HTTPParser.RESPONSE,
    {},
    128 * 1024,
    HTTPParser.kLenientNone,
  );
  const reading: NodeReading = { messages: [], error: '' };
  /** Fields come in slices of 32 before the head is complete; trailers the same way behind it. */
  let early: string[] = [];
  let earlyUrl = '';
  let current: NodeMessage | null = null;
  parser[HTTPParser.kOnHeaders] = (fields: string[], url: string) => {
    if (current === null) {
      early.push(...fields);
      earlyUrl += url;
    } else current.trailers.push(...pairs(fields));
  };
  parser[HTTPParser.kOnHeadersComplete] = (
    _major: number,
    _minor: number,
    fields: string[] | undefined,
    method: number | undefined,
    url: string | undefined,
    status: number | undefined,
    _message: string | undefined,
    upgrade: boolean,
  ) => {
    const start = kind === 'requests' ? `${methods[method ?? -1]} ${url ?? earlyUrl}` : String(status);
    current = {
      start,
      fields: pairs([...early, ...(fields ?? [])]),
      body: '',
      trailers: [],
      complete: false,
      upgrade,
    };
    early = [];
    earlyUrl = '';
    reading.messages.push(current);
    return 0;
  };
  parser[HTTPParser.kOnBody] = (chunk: Buffer) => {
    if (current !== null) current.body += chunk.toString('latin1');
  };
  parser[HTTPParser.kOnMessageComplete] = () => {
    if (current !== null) current.complete = true;
    current = null;
  };
  const result = parser.execute(data);
  if (typeof result === 'number') {
    const last = reading.messages.at(-1);
    if (last?.upgrade === true) {
      last.body = data.toString('latin1', result);
      last.complete = false;
    }
  } else reading.error = `${result.code}: ${result.reason}`;
  return reading;
}

function pairs(flat: string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < flat.length; i += 2) out.push(`${flat[i]?.toLowerCase()}: ${flat[i + 1]}`);
  return out;
}
