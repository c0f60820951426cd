// The extension `envoy.access_loggers.extension_filters.cel`: logs the streams for which a CEL expression is true.
import type { Message } from '@bufbuild/protobuf';
import type { ExpressionFilter } from '../../../generated/envoy/extensions/access_loggers/filters/cel/v3/cel_pb.d.ts';
import type { AccessLogFilterFactory } from '../../../observability/access-log/api.ts';
import { CelExpression, CelSyntaxError, readCelFunctions } from '../../../observability/cel/api.ts';

export const factory: AccessLogFilterFactory = {
  create: (message: Message, { config, settings }) => {
    try {
      const { expression: source, celConfig } = message as ExpressionFilter;
      const expression = new CelExpression(source, settings.headerName, readCelFunctions(celConfig));
      return { evaluate: (context) => expression.isTrue(context) };
    } catch (error) {
      if (!(error instanceof CelSyntaxError)) throw error;
      config.error(message, 'expression', 'RMR0702', error.message);
      return undefined;
    }
  },
};
