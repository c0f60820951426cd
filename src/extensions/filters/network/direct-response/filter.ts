// Owns the filter that says its text to every client and closes.
import { CloseType, FilterStatus, type ReadFilter, type ReadFilterCallbacks } from '../../../../network/api.ts';

export class DirectResponseFilter implements ReadFilter {
  readonly #response: Buffer;
  #callbacks!: ReadFilterCallbacks;

  constructor(response: Buffer) {
    this.#response = response;
  }

  initialize(callbacks: ReadFilterCallbacks): void {
    this.#callbacks = callbacks;
  }

  onNewConnection(): FilterStatus {
    const { connection, streamInfo } = this.#callbacks;
    if (this.#response.length > 0) connection.writeBuffer(this.#response);
    streamInfo.responseCodeDetails = 'direct_response';
    connection.close(CloseType.Flush);
    return FilterStatus.StopIteration;
  }

  onData(): FilterStatus {
    return FilterStatus.StopIteration;
  }
}
