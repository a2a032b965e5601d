# A small image that serves an observatory: no compiler, no root, nothing written but the mounted data and /tmp.
#   docker build -t armillary .
#   docker run --rm --read-only --tmpfs /tmp -p 127.0.0.1:8000:8000 -v ./observatory:/data/observatory armillary
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY src src
COPY docs/methods docs/methods
RUN python -m venv /app && /app/bin/pip install --no-cache-dir --no-compile '.[web,agents]'

FROM python:3.13-slim
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin armillary && install -d -o armillary /data
COPY --from=build /app /app
ENV PATH=/app/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 HOME=/tmp ARMILLARY_OBSERVATORY=/data/observatory
USER 10001
WORKDIR /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/robots.txt', timeout=4)"]
ENTRYPOINT ["armillary"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
