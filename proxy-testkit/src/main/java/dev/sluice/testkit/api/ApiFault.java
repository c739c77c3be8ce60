// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** A misbehaviour of a {@link FakeApi}: answers requests in place of the server, all of them or some. */
@FunctionalInterface
public interface ApiFault {

    /**
     * Answers, or leaves it to the server.
     *
     * @return whether the request was answered
     */
    boolean answer(HttpExchange exchange) throws IOException, InterruptedException;

    /** Each answer is right, and begins so late. */
    static ApiFault slow(Duration delay) {
        return exchange -> {
            Thread.sleep(delay);
            return false;
        };
    }

    /** Each request is refused with an HTTP status. */
    static ApiFault refusal(int status) {
        return exchange -> {
            ApiAnswer.refuse(exchange, status);
            return true;
        };
    }

    /** Each request is refused with HTTP 429 and {@code Retry-After}. */
    static ApiFault tooManyRequests(Duration retryAfter) {
        return exchange -> {
            exchange.getResponseHeaders().add("Retry-After", Long.toString(retryAfter.toSeconds()));
            ApiAnswer.refuse(exchange, 429);
            return true;
        };
    }

    /** Each watch ends at once because its version has expired. */
    static ApiFault expiredWatches() {
        return exchange -> {
            if (!isWatch(exchange)) {
                return false;
            }
            ApiAnswer.send(exchange, 200, "{\"type\": \"ERROR\", \"object\": " + ApiAnswer.status(410) + "}\n");
            return true;
        };
    }

    /** Each list breaks off in the middle. */
    static ApiFault cutLists() {
        return exchange -> {
            if (isWatch(exchange) || !exchange.getRequestURI().toString().contains("limit=")) {
                return false;
            }
            byte[] begin = "{\"kind\": \"List\", \"apiVersion\": \"v1\", \"metadata\": {}, \"items\": [{\"metadata\""
                    .getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "application/json");
            exchange.sendResponseHeaders(200, 100_000);
            OutputStream body = exchange.getResponseBody();
            body.write(begin);
            body.flush();
            exchange.close();
            return true;
        };
    }

    /** Each request gets the login page of a captive portal, with HTTP 200. */
    static ApiFault loginPage() {
        return exchange -> {
            byte[] page = "<!doctype html><html><body>Please log in.</body></html>".getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().add("Content-Type", "text/html; charset=utf-8");
            exchange.sendResponseHeaders(200, page.length);
            exchange.getResponseBody().write(page);
            exchange.close();
            return true;
        };
    }

    /** Upgrades to WebSocket are refused, as by a balancer that does not know them. */
    static ApiFault noWebSocket() {
        return exchange -> {
            String upgrade = exchange.getRequestHeaders().getFirst("Upgrade");
            if (upgrade == null || !upgrade.equalsIgnoreCase("websocket")) {
                return false;
            }
            ApiAnswer.refuse(exchange, 400);
            return true;
        };
    }

    private static boolean isWatch(HttpExchange exchange) {
        return exchange.getRequestURI().toString().contains("watch=true");
    }
}
