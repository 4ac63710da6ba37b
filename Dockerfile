# syntax=docker/dockerfile:1
# Patchbay as a container: one binary, the certificate authorities, and a user without privileges.

FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
# What was compiled stays in caches of the builder, so that a third-party crate is compiled again only when Cargo.lock
# names another one.
COPY Cargo.toml Cargo.lock ./
COPY crates crates
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/build/target,sharing=locked \
    cargo build --release --locked -p patchbay && cp target/release/patchbay /usr/local/bin/patchbay

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin patchbay \
    && install -d -o patchbay -g patchbay -m 0700 /var/lib/patchbay
COPY --from=build /usr/local/bin/patchbay /usr/local/bin/patchbay
COPY LICENSE THIRD-PARTY.txt /usr/share/doc/patchbay/
USER 10001:10001
WORKDIR /var/lib/patchbay
VOLUME /var/lib/patchbay
ENV PATCHBAY_LISTEN=0.0.0.0:8080 \
    PATCHBAY_DATABASE_URL=sqlite:/var/lib/patchbay/patchbay.db
EXPOSE 8080
# Whether the process lives, not whether its database does: to start it again would mend nothing. The image has no HTTP
# client; bash opens the connection.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/${PATCHBAY_LISTEN##*:} && printf 'GET /healthz HTTP/1.0\\r\\n\\r\\n' >&3 && read -r _ status _ <&3 && [ \"$status\" = 200 ]"]
ENTRYPOINT ["patchbay"]
CMD ["serve"]
