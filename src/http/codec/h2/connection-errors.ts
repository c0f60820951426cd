// Owns the errors that end a connection, by their code (RFC 9113 section 7).
import { type ConnectionError, H2ErrorCode } from './frames.ts';

/** Envoy's details of streams that end with a connection whose peer broke the protocol. */
export const codecError = 'codec_error:The_user_callback_function_failed';

/** The connection is closed, and no GOAWAY says why: so Envoy does of most. */
export function protocolError(message: string): ConnectionError {
  return { code: H2ErrorCode.ProtocolError, message, untold: true };
}

/** The same, of those that Envoy does speak of; the words are its own. */
export function toldError(debug: string): ConnectionError {
  return { code: H2ErrorCode.ProtocolError, message: debug };
}

/** A block is interrupted. */
export const notContinued = toldError('unexpected non-CONTINUATION frame or stream_id is invalid');

export function sizeError(message: string): ConnectionError {
  return { code: H2ErrorCode.FrameSizeError, message, debug: '' };
}

export function compressionError(message: string): ConnectionError {
  return { code: H2ErrorCode.CompressionError, message, debug: '' };
}

/** A window beyond the largest, by SETTINGS. */
export function windowError(message: string): ConnectionError {
  return { code: H2ErrorCode.FlowControlError, message, untold: true };
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
