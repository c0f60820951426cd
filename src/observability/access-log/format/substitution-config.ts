// Owns the way from envoy.config.core.v3.SubstitutionFormatString and its forerunners to formatters.

import { readFileSync } from 'node:fs';
import type { JsonObject } from '@bufbuild/protobuf';
import { errorText } from '../../../base/error-text.ts';
import type { ConfigContext } from '../../../config/context.ts';
import { typeNameOf } from '../../../config/parse/any.ts';
import type { DataSource } from '../../../generated/envoy/config/core/v3/base_pb.d.ts';
import type { SubstitutionFormatString } from '../../../generated/envoy/config/core/v3/substitution_format_string_pb.d.ts';
import type { Cel as CelFormatter } from '../../../generated/envoy/extensions/formatter/cel/v3/cel_pb.d.ts';
import { readCelFunctions } from '../../cel/config.ts';
import type { HeaderNameResolver } from '../context.ts';
import { FormatError } from './error.ts';
import { compileFormat, compileJsonFormat, type FormatOptions, type Formatter } from './formatter.ts';

/** What Envoy writes when no format is given. */
export const DEFAULT_ACCESS_LOG_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ' +
  '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';

const celFormatter = 'envoy.extensions.formatter.cel.v3.Cel';

/** Formatter extensions whose operators are in the table anyway. */
const builtIn = new Set([
  celFormatter,
  'envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery',
  'envoy.extensions.formatter.metadata.v3.Metadata',
]);

/** Undefined when something was wrong and reported. */
export function readSubstitutionFormat(
  message: SubstitutionFormatString,
  config: ConfigContext,
  headerName: HeaderNameResolver,
): Formatter | undefined {
  const settings = readFormatters(message, config);
  if (settings === undefined) return undefined;
  const options = { headerName, omitEmptyValues: message.omitEmptyValues, ...settings };
  const { format } = message;
  switch (format.case) {
    case 'textFormat':
      return guarded(message, 'text_format', config, () => compileFormat(format.value, options));
    case 'textFormatSource': {
      const text = readTextSource(format.value, message, config);
      if (text === undefined) return undefined;
      return guarded(message, 'text_format_source', config, () => compileFormat(text, options));
    }
    case 'jsonFormat':
      return readJsonFormat(format.value, message, 'json_format', config, options);
    case undefined:
      config.error(message, '', 'RMR0703', 'the log format has neither text_format_source nor json_format');
      return undefined;
  }
}

/** What formatter extensions beside formats change in them. */
export type FormatterSettings = Pick<FormatOptions, 'celFunctions'>;

/** Formatter extensions that a message names beside its formats: undefined when one is missing here, and reported. */
export function readFormatters(
  message: { readonly formatters: SubstitutionFormatString['formatters'] },
  config: ConfigContext,
): FormatterSettings | undefined {
  let settings: FormatterSettings | undefined = {};
  for (const [index, formatter] of message.formatters.entries()) {
    const type = formatter.typedConfig === undefined ? formatter.name : typeNameOf(formatter.typedConfig.typeUrl);
    if (type === celFormatter && formatter.typedConfig !== undefined) {
      const cel = config.unpackAs<CelFormatter>(formatter.typedConfig, celFormatter);
      // The first speaks for the operators.
      if (cel !== undefined) settings = settings && { celFunctions: readCelFunctions(cel.celConfig), ...settings };
    }
    if (builtIn.has(type)) continue;
    config.error(message, `formatters[${index}]`, 'RMR0703', `the formatter ${type} is not implemented yet`);
    settings = undefined;
  }
  return settings;
}

/** A text format that stands in `field` of `message`. */
export function readFormatString(
  format: string,
  message: object,
  field: string,
  config: ConfigContext,
  options: FormatOptions,
): Formatter | undefined {
  return guarded(message, field, config, () => compileFormat(format, options));
}

export function readJsonFormat(
  format: JsonObject,
  message: object,
  field: string,
  config: ConfigContext,
  options: FormatOptions,
): Formatter | undefined {
  return guarded(message, field, config, () => compileJsonFormat(format, options));
}

function guarded(
  message: object,
  field: string,
  config: ConfigContext,
  compile: () => Formatter,
): Formatter | undefined {
  try {
    return compile();
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    config.error(message, field, 'RMR0703', error.message);
    return undefined;
  }
}

function readTextSource(source: DataSource, message: object, config: ConfigContext): string | undefined {
  const { specifier } = source;
  switch (specifier.case) {
    case 'inlineString':
      return specifier.value;
    case 'inlineBytes':
      return Buffer.from(specifier.value).toString('utf8');
    case 'environmentVariable': {
      const value = process.env[specifier.value];
      if (value !== undefined) return value;
      config.error(
        message,
        'text_format_source',
        'RMR0703',
        `the environment variable '${specifier.value}' is not set`,
      );
      return undefined;
    }
    case 'filename':
      try {
        return readFileSync(specifier.value, 'utf8');
      } catch (error) {
        const reason = errorText(error);
        config.error(message, 'text_format_source', 'RMR0703', `the format cannot be read: ${reason}`);
        return undefined;
      }
    case undefined:
      config.error(message, 'text_format_source', 'RMR0703', 'the format is empty');
      return undefined;
  }
}
