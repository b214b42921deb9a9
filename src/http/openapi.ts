/** The description of all routes, made from the schemas they are checked with: `/openapi.json`. */
import swagger from "@fastify/swagger";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import type { Api } from "./api.js";

export async function describeApi(api: Api, version: string): Promise<void> {
  await api.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "duckbranch",
        version,
        description: "Branches of the data: made, read, written, compared, merged or thrown away.",
      },
      components: {
        securitySchemes: {
          basic: {
            type: "http",
            scheme: "basic",
            description: "The users and passwords of the PostgreSQL port",
          },
          key: {
            type: "apiKey",
            in: "header",
            name: "X-API-Key",
            description: "The password of the user agent",
          },
        },
      },
      security: [{ basic: [] }, { key: [] }],
    },
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  api.get("/openapi.json", { config: { isPublic: true }, schema: { hide: true } }, async () => api.swagger());
}
