// Owns a port that takes part in no handshake: it listens, nobody accepts, and its queue is full, so that the kernel drops whoever
// comes next, as a host behind a firewall would. All on loopback.
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

/** A thread that listens and then sleeps for good: its event loop accepts nobody. */
const LISTEN_AND_SLEEP = `
  const { parentPort, workerData } = require('node:worker_threads');
  require('node:net').createServer().listen({ port: workerData, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage('listening');
    setImmediate(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0));
  });
`;
const QUEUE_LIMIT = 16;
/** A handshake on loopback that takes this long does not happen. */
const UNANSWERED_MS = 200;

export class SilentPort {
  readonly #worker: Worker;
  readonly #queue: Socket[] = [];

  private constructor(worker: Worker) {
    this.#worker = worker;
  }

  static async open(port: number): Promise<SilentPort> {
    const worker = new Worker(LISTEN_AND_SLEEP, { eval: true, workerData: port, execArgv: [] });
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    const silent = new SilentPort(worker);
    for (let i = 0; i < QUEUE_LIMIT; i++) {
      if (!(await silent.#queueOne(port))) return silent;
    }
    throw new Error('the queue of a silent port does not fill');
  }

  #queueOne(port: number): Promise<boolean> {
    const socket = connect({ port, host: '127.0.0.1' });
    this.#queue.push(socket);
    socket.on('error', () => {});
    return new Promise((resolve) => {
      const limit = setTimeout(() => resolve(false), UNANSWERED_MS);
      socket.once('connect', () => {
        clearTimeout(limit);
        resolve(true);
      });
    });
  }

  close(): void {
    for (const socket of this.#queue) socket.destroy();
    void this.#worker.terminate();
  }
}
