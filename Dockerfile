# Builds the dashboard, then the binary, then an image that holds it and ffmpeg.

FROM node:20-bookworm-slim AS web
WORKDIR /src/web
COPY web/package.json web/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
COPY api/openapi.json /src/api/openapi.json
RUN npm run build

FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=web /src/web/dist ./web/dist
RUN CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o /out/aibud ./cmd/aibud && mkdir -p /out/data

# “docker build --target small .”: certificates and time zones, no shell and no
# ffmpeg, so that what a browser records can't be sent as a voice message.
FROM gcr.io/distroless/static-debian12:nonroot AS small
COPY --from=build /out/aibud /usr/local/bin/aibud
COPY --from=build --chown=nonroot:nonroot /out/data /data
ENV AIBUD_LISTEN=0.0.0.0:3000 AIBUD_DATA=/data
VOLUME /data
EXPOSE 3000
USER nonroot
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s CMD ["/usr/local/bin/aibud", "health"]
ENTRYPOINT ["/usr/local/bin/aibud"]
CMD ["serve"]

# What is built by default: the same with ffmpeg. Its user has the same number,
# so that a volume serves both.
FROM debian:bookworm-slim
RUN apt-get update \
	&& apt-get install --yes --no-install-recommends ca-certificates ffmpeg tzdata \
	&& rm -rf /var/lib/apt/lists/* \
	&& useradd --uid 65532 --no-create-home --shell /usr/sbin/nologin nonroot
COPY --from=build /out/aibud /usr/local/bin/aibud
COPY --from=build --chown=65532:65532 /out/data /data
ENV AIBUD_LISTEN=0.0.0.0:3000 AIBUD_DATA=/data
VOLUME /data
EXPOSE 3000
USER 65532
HEALTHCHECK --interval=30s --timeout=6s --start-period=20s CMD ["/usr/local/bin/aibud", "health"]
ENTRYPOINT ["/usr/local/bin/aibud"]
CMD ["serve"]
