// Owns the client's steps on a connection of HTTP/2: requests in their parts, frames, and what is waited for.
import type { Signals } from '../signals.ts';
import { type FieldSpec, fields } from './frames.ts';
import { type Field, fieldOf } from './hpack.ts';
import { Http2Stream } from './message.ts';
import type { Http2Peer } from './peer.ts';

export interface Http2Request {
  /** `METHOD PATH`. */
  request: string;
  headers?: FieldSpec[];
  /** Pieces are frames of their own. */
  body?: string | string[];
  /** How often the body is repeated. */
  times?: number;
  trailers?: FieldSpec[];
  /** The stream is not ended. */
  open?: boolean;
}

export const HTTP2_AWAITS = ['response', 'head', 'interim', 'trailers', 'reset', 'goaway', 'settings', 'ping'] as const;
export type Http2Await = (typeof HTTP2_AWAITS)[number];

/** Sends it on a new stream, whose number is returned, in one write as far as windows let it. `scheme` unless its headers have one. */
export function sendRequest(
  peer: Http2Peer,
  step: Http2Request,
  scheme: string,
  fill: (text: string) => string,
): number {
  peer.together(() => compose(peer, step, scheme, fill));
  return peer.latest;
}

function compose(peer: Http2Peer, step: Http2Request, scheme: string, fill: (text: string) => string): void {
  const [method, path] = step.request.split(' ');
  const given = fields(step.headers ?? []).map(([name, value]): Field => [name, fill(value)]);
  const own = (name: string) => given.some((field) => field[0] === name);
  const pseudo = [
    `:method: ${method ?? 'GET'}`,
    `:scheme: ${scheme}`,
    ':authority: parity.test',
    `:path: ${path ?? '/'}`,
  ];
  const head = [...pseudo.map((text) => fieldOf(fill(text))).filter(([name]) => !own(name)), ...given];
  const pieces = typeof step.body === 'string' ? [step.body.repeat(step.times ?? 1)] : (step.body ?? []);
  const trailers = step.trailers;
  const nothingMore = pieces.length === 0 && trailers === undefined && step.open !== true;
  peer.send([{ headers: head.map(([name, value]) => [name, value]), end: nothingMore }]);
  const id = peer.latest;
  const stream = peer.stream(id);
  for (const [index, piece] of pieces.entries()) {
    const last = index === pieces.length - 1;
    peer.sendBody(stream, Buffer.from(piece, 'latin1'), () => {
      if (!last || step.open === true) return;
      if (trailers === undefined) peer.send([{ data: '', end: true }], id);
      else peer.send([{ headers: trailers, end: true }], id);
    });
  }
  if (pieces.length === 0 && trailers !== undefined) peer.send([{ headers: trailers, end: true }], id);
}

/** Waits for that on that stream (default: the one that began last), or for the end of the connection. */
export function awaitOn(
  peer: Http2Peer,
  what: Http2Await,
  stream: number | undefined,
  { signals, limitMs, closed }: { signals: Signals; limitMs: number; closed: () => boolean },
): Promise<boolean> {
  const at = peer.streams.get(stream ?? peer.latest) ?? new Http2Stream(0, 'response', 0);
  const seen: Record<Http2Await, () => boolean> = {
    response: () => at.done,
    head: () => at.headers !== null || at.done,
    interim: () => at.interim.length > 0 || at.done,
    trailers: () => at.trailers !== null || at.done,
    reset: () => at.reset !== null,
    goaway: () => peer.goaways.length > 0,
    settings: () => peer.settingsAcks > 0,
    ping: () => peer.pongs > 0 || peer.pinged,
  };
  return signals.within(limitMs, () => closed() || seen[what]());
}
