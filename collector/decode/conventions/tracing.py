"""Trace contexts, in order of precedence: where several are on a record and disagree, the earlier one counts."""

from collector.decode.conventions import read_contexts
from collector.decode.conventions.model import Convention, Header, Meaning

TRACING: tuple[Convention, ...] = (
    Convention(
        "w3c-trace-context",
        "W3C Trace Context, section 3.2; of several the last is the record's own",
        (Header("traceparent", Meaning.TRACE_CONTEXT),),
    ),
    Convention(
        "b3-single",
        "openzipkin/b3-propagation",
        (Header("b3", Meaning.TRACE_CONTEXT),),
        context=read_contexts.b3_single,
    ),
    Convention(
        "b3-multi",
        "openzipkin/b3-propagation; the first value counts",
        (
            Header("X-B3-TraceId", Meaning.TRACE_CONTEXT, copy="first"),
            Header("X-B3-SpanId", Meaning.TRACE_CONTEXT, copy="first"),
            Header("X-B3-ParentSpanId", Meaning.TRACE_CONTEXT, copy="first"),
        ),
        context=read_contexts.b3_multi,
    ),
    Convention(
        "jaeger",
        "Jaeger client libraries, TextMapCodec",
        (Header("uber-trace-id", Meaning.TRACE_CONTEXT),),
        context=read_contexts.jaeger,
    ),
    Convention(
        "datadog",
        "Datadog tracers; decimal ids, high half of the trace id in x-datadog-tags",
        (
            Header("x-datadog-trace-id", Meaning.TRACE_CONTEXT),
            Header("x-datadog-parent-id", Meaning.TRACE_CONTEXT),
            Header("x-datadog-tags", Meaning.TRACE_CONTEXT),
        ),
        context=read_contexts.datadog,
    ),
    Convention(
        "x-ray",
        "AWS X-Ray tracing header",
        (Header("X-Amzn-Trace-Id", Meaning.TRACE_CONTEXT),),
        context=read_contexts.x_ray,
    ),
    Convention(
        "skywalking",
        "SkyWalking cross-process propagation v3; readers take the first",
        (Header("sw8", Meaning.TRACE_CONTEXT, copy="first"),),
        context=read_contexts.skywalking,
    ),
    Convention(
        "elastic",
        "Elastic APM agents, binary trace context",
        (Header("elasticapmtraceparent", Meaning.TRACE_CONTEXT),),
        context=read_contexts.elastic_binary,
    ),
    Convention(
        "masstransit-activity",
        "MassTransit: a .NET activity id, which is a W3C trace context",
        (Header("MT-Activity-Id", Meaning.TRACE_CONTEXT),),
        context=read_contexts.w3c,
    ),
    Convention(
        "instana",
        "Instana tracers",
        (Header("X_INSTANA_T", Meaning.TRACE_CONTEXT), Header("X_INSTANA_S", Meaning.TRACE_CONTEXT)),
        context=read_contexts.instana,
    ),
    Convention(
        "opentracing",
        "OpenTelemetry's OpenTracing propagator",
        (
            Header("ot-tracer-traceid", Meaning.TRACE_CONTEXT),
            Header("ot-tracer-spanid", Meaning.TRACE_CONTEXT),
        ),
        context=read_contexts.opentracing,
    ),
    Convention(
        "cloudevents-tracing",
        "CloudEvents extension distributed tracing: the start of the flow, so every other context knows better; "
        "Dapr's, in the body, is its own",
        (Header("ce_traceparent", Meaning.TRACE_CONTEXT),),
        context=read_contexts.w3c,
    ),
    Convention(
        "datadog-pathway",
        "Datadog data streams monitoring, DefaultPathwayContext",
        (Header("dd-pathway-ctx-base64", Meaning.PATHWAY), Header("dd-pathway-ctx", Meaning.PATHWAY)),
    ),
)
