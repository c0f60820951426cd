// Owns the operators on when things happened and how long they took.
import type { StreamInfo } from '../../../stream-info.ts';
import type { LogContext } from '../../context.ts';
import { FormatError } from '../error.ts';
import {
  NumberOperator,
  needsParameters,
  noLength,
  number,
  type OperatorFactory,
  type OperatorTable,
  PlainOperator,
} from '../operator.ts';
import { compileTimeFormat, isoMilliseconds, isoWithOffset, type TimeFormatter } from '../time-format.ts';

/** Whole milliseconds between two monotonic readings; -1 when one has not happened. */
function between(start: number, end: number): number {
  return start < 0 || end < 0 ? -1 : Math.trunc(end - start);
}

// --- time points of COMMON_DURATION ---------------------------------------------------------------------------------

type TimePoint = (info: StreamInfo) => number;

const timePoints: Readonly<Record<string, TimePoint>> = {
  DS_RX_BEG: (info) => info.startTime,
  DS_RX_END: (info) => info.lastDownstreamReceived,
  US_CX_BEG: (info) => info.upstream?.connectStart ?? -1,
  US_CX_END: (info) => info.upstream?.connectEnd ?? -1,
  US_TX_BEG: (info) => info.upstream?.firstByteSent ?? -1,
  US_TX_END: (info) => info.upstream?.lastByteSent ?? -1,
  US_RX_BEG: (info) => info.upstream?.firstByteReceived ?? -1,
  US_RX_END: (info) => info.upstream?.lastByteReceived ?? -1,
  DS_TX_BEG: (info) => info.firstDownstreamSent,
  DS_TX_END: (info) => info.lastDownstreamSent,
};

const never: TimePoint = () => -1;

/** Differences of doubles fall short of whole numbers by less than this. */
const HAIR = 1e-4;

/** How many units a millisecond has. */
const precisions: Readonly<Record<string, number>> = { '': 1, ms: 1, us: 1_000, ns: 1_000_000 };

const commonDuration: OperatorFactory = (call) => {
  noLength(call);
  const parts = needsParameters(call, 'two time points (START:END:ms|us|ns)').split(':');
  const [startName = '', endName = '', precision = ''] = parts;
  if (parts.length < 2 || parts.length > 3) {
    throw new FormatError(
      `COMMON_DURATION takes START:END or START:END:PRECISION, not '${call.parameters}'`,
      call.position,
    );
  }
  const perMillisecond = precisions[precision];
  if (perMillisecond === undefined) {
    throw new FormatError(`'${precision}' in COMMON_DURATION is none of ms, us, ns`, call.position);
  }
  // Envoy takes other names for time points that filters set; no filter here sets any: they have not happened.
  const start = timePoints[startName] ?? never;
  const end = timePoints[endName] ?? never;
  return new NumberOperator((context) => {
    const from = start(context.streamInfo);
    const to = end(context.streamInfo);
    return from < 0 || to < 0 ? -1 : Math.trunc((to - from) * perMillisecond + HAIR);
  });
};

// --- times of day ---------------------------------------------------------------------------------------------------

function time(read: (context: LogContext) => number, standard: () => TimeFormatter, local: boolean): OperatorFactory {
  return (call) => {
    noLength(call);
    if (/[\r\n]/.test(call.parameters) || call.parameters.includes('%n')) {
      throw new FormatError(`the time format of ${call.name} has a line feed`, call.position);
    }
    const format = call.parameters === '' ? standard() : compileTimeFormat(call.parameters, local);
    return new PlainOperator((context) => format(read(context)));
  };
}

const startTime = (context: LogContext): number => context.streamInfo.startTimeWall;
/** The stream is logged as it ends, so the end on the wall clock is the time of writing. */
const emitTime = (context: LogContext): number => {
  const { startTimeWall, startTime: started, requestComplete } = context.streamInfo;
  return requestComplete < 0 ? startTimeWall : startTimeWall + (requestComplete - started);
};

export const timingOperators: OperatorTable = {
  START_TIME: time(startTime, isoMilliseconds, false),
  START_TIME_LOCAL: time(startTime, isoWithOffset, true),
  EMIT_TIME: time(emitTime, isoMilliseconds, false),
  EMIT_TIME_LOCAL: time(emitTime, isoWithOffset, true),
  DURATION: number(({ streamInfo }) => between(streamInfo.startTime, streamInfo.requestComplete)),
  REQUEST_DURATION: number(({ streamInfo }) => between(streamInfo.startTime, streamInfo.lastDownstreamReceived)),
  REQUEST_TX_DURATION: number(({ streamInfo }) =>
    between(streamInfo.startTime, streamInfo.upstream?.lastByteSent ?? -1),
  ),
  RESPONSE_DURATION: number(({ streamInfo }) =>
    between(streamInfo.startTime, streamInfo.upstream?.firstByteReceived ?? -1),
  ),
  RESPONSE_TX_DURATION: number(({ streamInfo }) =>
    between(streamInfo.upstream?.firstByteReceived ?? -1, streamInfo.lastDownstreamSent),
  ),
  COMMON_DURATION: commonDuration,
};
