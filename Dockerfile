# One static binary and nothing else: no shell, no package manager, no root.
#
#   docker build -t bordereau .
#   docker run -v ./bordereau.yaml:/etc/bordereau/bordereau.yaml:ro -v bordereau-data:/var/lib/bordereau -p 8443:8443 bordereau
#
# Time zones are in the binary; certificate authorities, for S3 and PostgreSQL over TLS, come from the build image.
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# The image has no history to read a version from: --build-arg VERSION=v1.2.3 says it.
ARG VERSION
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w -X main.stamped=${VERSION}" -o /out/bordereau ./cmd/bordereau \
 && mkdir -p /out/data /out/tmp

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /out/bordereau /bordereau
# A new volume mounted here takes over owner and mode, so that the user below can write to it.
COPY --from=build --chown=65532:65532 --chmod=0700 /out/data /var/lib/bordereau
COPY --from=build --chown=65532:65532 --chmod=0700 /out/tmp /tmp
USER 65532:65532
VOLUME /var/lib/bordereau
EXPOSE 8443
# Ready, not only alive: an orchestrator that restarts what is unhealthy should ask /livez itself.
HEALTHCHECK --interval=10s --timeout=6s --start-period=60s CMD ["/bordereau", "health", "--config", "/etc/bordereau/bordereau.yaml"]
ENTRYPOINT ["/bordereau"]
CMD ["serve", "--config", "/etc/bordereau/bordereau.yaml"]
