// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.net.InetAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The request line and the headers of a request, line by line. */
final class RequestHead {
    private static final Pattern TOKEN = Pattern.compile("[A-Za-z0-9!#$%&'*+.^_`|~-]+");
    private static final Pattern VERSION = Pattern.compile("HTTP/(\\d)\\.(\\d)");
    private static final Pattern ABSOLUTE = Pattern.compile("(?i)https?://[^/?#]+(.*)");

    private static final int MOST_HEADERS = 100;

    private final InetAddress local;
    private final Map<String, String> headers = new LinkedHashMap<>();
    private @Nullable String method;
    private String path = "";
    private String query = "";
    private int minor;
    private int count;

    RequestHead(InetAddress local) {
        this.local = local;
    }

    /** Whether a line of the head may begin with {@code b}: a TLS handshake is refused at its first byte. */
    boolean mayBegin(byte b) {
        return b == '\r' || (b > ' ' && b < 127);
    }

    /** Takes one line without its end. Returns whether the head is complete. */
    boolean take(byte[] bytes, int length) throws RequestException {
        String line = new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
        if (method == null) {
            if (!line.isEmpty()) {
                requestLine(line);
            }
            return false;
        }
        if (line.isEmpty()) {
            requireConsistency();
            return true;
        }
        header(line);
        return false;
    }

    private void requestLine(String line) throws RequestException {
        String[] words = line.split(" ", -1);
        Matcher version = VERSION.matcher(words[words.length - 1]);
        if (words.length != 3 || !TOKEN.matcher(words[0]).matches() || !version.matches()) {
            throw new RequestException(400, "malformed request line");
        }
        if (!version.group(1).equals("1")) {
            throw new RequestException(505, "only HTTP/1.0 and HTTP/1.1 are spoken here");
        }
        method = words[0];
        minor = Integer.parseInt(version.group(2));
        target(words[1]);
    }

    private void target(String target) throws RequestException {
        Matcher absolute = ABSOLUTE.matcher(target);
        String origin = absolute.matches() ? absolute.group(1) : target;
        int mark = origin.indexOf('?');
        String raw = mark < 0 ? origin : origin.substring(0, mark);
        query = mark < 0 ? "" : origin.substring(mark + 1);
        if (absolute.matches() && raw.isEmpty()) {
            raw = "/";
        }
        if (!raw.startsWith("/") && !raw.equals("*")) {
            throw new RequestException(400, "malformed request target");
        }
        try {
            path = URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new RequestException(400, "malformed request target");
        }
    }

    private void header(String line) throws RequestException {
        if (++count > MOST_HEADERS) {
            throw new RequestException(431, "more than " + MOST_HEADERS + " headers");
        }
        int colon = line.indexOf(':');
        String value = line.substring(colon + 1).strip();
        if (colon < 0
                || !TOKEN.matcher(line.substring(0, colon)).matches()
                || value.chars().anyMatch(c -> (c < ' ' && c != '\t') || c == 127)) {
            throw new RequestException(400, "malformed header");
        }
        String name = line.substring(0, colon).toLowerCase(Locale.ROOT);
        if (headers.containsKey(name) && name.matches("host|content-length|transfer-encoding")) {
            throw new RequestException(400, "more than one " + name + " header");
        }
        headers.merge(name, value, (before, after) -> before + ", " + after);
    }

    private void requireConsistency() throws RequestException {
        if (minor > 0 && !headers.containsKey("host")) {
            throw new RequestException(400, "missing required Host header");
        }
        String coding = headers.get("transfer-encoding");
        if (coding != null && (minor == 0 || headers.containsKey("content-length"))) {
            throw new RequestException(400, "the length of the body is ambiguous");
        }
        if (coding != null && !coding.equalsIgnoreCase("chunked")) {
            throw new RequestException(501, "unsupported transfer encoding");
        }
        String expected = headers.getOrDefault("expect", "");
        if (!expected.isEmpty() && !expected.equalsIgnoreCase("100-continue")) {
            throw new RequestException(417, "unknown expectation");
        }
    }

    boolean isChunked() {
        return headers.containsKey("transfer-encoding");
    }

    boolean expectsContinue() {
        return minor > 0 && headers.containsKey("expect");
    }

    /** 0 without a body. */
    long contentLength() throws RequestException {
        String length = headers.get("content-length");
        return length == null ? 0 : Numbers.contentLength(length);
    }

    /** @param body as far as it is kept */
    Request request(String body) {
        if (method == null) {
            throw new IllegalStateException("no request line yet");
        }
        return new Request(method, path, query, minor, Map.copyOf(headers), local, body);
    }
}
