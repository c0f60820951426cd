// Owns the errors that end a connection, by their code (RFC 9113 section 7).
import { type ConnectionError, H2ErrorCode } from './frames.ts';

export function protocolError(message: string): ConnectionError {
  return { code: H2ErrorCode.ProtocolError, message };
}

export function sizeError(message: string): ConnectionError {
  return { code: H2ErrorCode.FrameSizeError, message };
}

export function flowError(message: string): ConnectionError {
  return { code: H2ErrorCode.FlowControlError, message };
}

export function closedError(message: string): ConnectionError {
  return { code: H2ErrorCode.StreamClosed, message };
}

/** The peer is to do less of it. */
export function calm(message: string): ConnectionError {
  return { code: H2ErrorCode.EnhanceYourCalm, message };
}

/** `details`: Envoy's response-code details of the streams that it ends. */
export function flood(message: string, details: string): ConnectionError {
  return { code: H2ErrorCode.EnhanceYourCalm, message, flood: details };
}
