// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import dev.sluice.kubernetes.read.ApiJson;
import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.StringPool;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import org.jspecify.annotations.Nullable;

/**
 * What a server says of a refusal: a {@code Status} of the API.
 *
 * @param code the HTTP status, 0 when it is not said
 * @param message shortened; empty when there is none
 * @param retryAfter zero when none is asked for
 */
public record ApiStatus(int code, String message, Duration retryAfter) {
    private static final int LONGEST_MESSAGE = 300;

    /** Reads the body of a refusal, whatever it is. */
    public static ApiStatus read(byte[] body) {
        try (ApiJson json = new ApiJson(new ByteArrayInputStream(body))) {
            return of(new Fields(json.object(), "", new ArrayList<>(), new StringPool()));
        } catch (IOException | DocumentSyntaxException e) {
            return new ApiStatus(0, "", Duration.ZERO);
        }
    }

    static ApiStatus of(Fields status) {
        String reason = status.text("reason");
        Integer code = status.numberOrNull("code");
        Integer seconds = status.at("details").numberOrNull("retryAfterSeconds");
        return new ApiStatus(
                code == null ? ofReason(reason) : code,
                shortened(status.text("message")),
                seconds == null || seconds < 0 ? Duration.ZERO : Duration.ofSeconds(seconds));
    }

    private static int ofReason(String reason) {
        return reason.equals("Expired") || reason.equals("Gone") ? 410 : 500;
    }

    /** The failure that an event of type ERROR means. */
    ApiFailure asFailure() {
        return ApiFailure.refused(code, retryAfter, message);
    }

    /** One line, and not a long one. */
    private static String shortened(@Nullable String message) {
        String line = message == null ? "" : message.replaceAll("\\s+", " ").strip();
        return line.length() <= LONGEST_MESSAGE ? line : line.substring(0, LONGEST_MESSAGE) + "...";
    }
}
