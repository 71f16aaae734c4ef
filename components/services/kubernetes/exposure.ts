import type { Manifest } from "../../kubernetes/manifest.ts";
import type { RenderContext } from "./context.ts";
import { PORTS } from "./context.ts";
import { metadataOf } from "./labels.ts";

/**
 * The exposure for customers that the stack configures. `workloadProblems` has already refused settings without host,
 * certificate or class.
 */
interface Way {
  readonly host: string;
  readonly tlsSecret: string;
  readonly className: string;
}

function wayOf({ workload, settings: { exposure } }: RenderContext, by: "ingress" | "gateway-api"): Way | undefined {
  const { host, tlsSecret, className } = exposure;
  if (
    !workload.exposed ||
    exposure.by !== by ||
    host === undefined ||
    tlsSecret === undefined ||
    className === undefined
  )
    return undefined;
  return { host, tlsSecret, className };
}

/** Returns an Ingress with TLS; undefined if the stack configures none, and for services that are not exposed. */
export function ingress(context: RenderContext): Manifest | undefined {
  const way = wayOf(context, "ingress");
  if (way === undefined) return undefined;
  const { workload, settings } = context;
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { ...metadataOf(context), annotations: settings.exposure.annotations },
    spec: {
      ingressClassName: way.className,
      tls: [{ hosts: [way.host], secretName: way.tlsSecret }],
      rules: [
        {
          host: way.host,
          http: {
            paths: [
              { path: "/", pathType: "Prefix", backend: { service: { name: workload.name, port: { name: "http" } } } },
            ],
          },
        },
      ],
    },
  };
}

/**
 * Returns a Gateway that terminates TLS, its route to the service, and a redirect for plain HTTP. It is empty in the
 * same cases as {@link ingress}.
 */
export function gatewayRoutes(context: RenderContext): readonly Manifest[] {
  const way = wayOf(context, "gateway-api");
  if (way === undefined) return [];
  const metadata = metadataOf(context);
  const { name } = metadata;
  const parent = (sectionName: string) => [{ name, sectionName }];
  const allowedRoutes = { namespaces: { from: "Same" } };
  return [
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "Gateway",
      metadata: { ...metadata, annotations: context.settings.exposure.annotations },
      spec: {
        gatewayClassName: way.className,
        listeners: [
          {
            name: "https",
            protocol: "HTTPS",
            port: 443,
            hostname: way.host,
            tls: { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: way.tlsSecret }] },
            allowedRoutes,
          },
          { name: "http", protocol: "HTTP", port: 80, hostname: way.host, allowedRoutes },
        ],
      },
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata,
      spec: {
        parentRefs: parent("https"),
        hostnames: [way.host],
        rules: [{ matches: [{ path: { type: "PathPrefix", value: "/" } }], backendRefs: [{ name, port: PORTS.http }] }],
      },
    },
    {
      apiVersion: "gateway.networking.k8s.io/v1",
      kind: "HTTPRoute",
      metadata: metadataOf(context, { suffix: "redirect" }),
      spec: {
        parentRefs: parent("http"),
        hostnames: [way.host],
        rules: [{ filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }] }],
      },
    },
  ];
}
