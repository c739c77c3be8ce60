// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.event.KeyValuePair;

/**
 * Events as JSON, one object a line, with the keys of Kubernetes components: {@code ts} in milliseconds since 1970,
 * {@code logger}, {@code msg}, {@code v} unless it is an error, {@code err}; and besides {@code severity} and
 * {@code stacktrace}. Every value is a text but {@code ts} and {@code v}. The texts give way where a line is too long,
 * so that it stays an object.
 */
final class JsonEncoder extends EncoderBase<ILoggingEvent> {
    @Override
    public byte[] encode(ILoggingEvent event) {
        String logger = event.getLoggerName();
        Level level = event.getLevel();
        boolean failed = level.isGreaterOrEqual(Level.ERROR);
        String head = "{\"ts\":" + milliseconds(event.getInstant())
                + (failed ? "" : ",\"v\":" + Verbosity.of(logger, level))
                + ",\"severity\":\"" + (failed ? "error" : level.equals(Level.WARN) ? "warning" : "info") + "\"";
        List<String> keys = new ArrayList<>(List.of("logger", "msg"));
        List<String> texts = new ArrayList<>(List.of(logger, String.valueOf(event.getFormattedMessage())));
        for (KeyValuePair pair : EventParts.pairs(event)) {
            keys.add(pair.key);
            texts.add(String.valueOf(pair.value));
        }
        EventParts.failure(event).ifPresent(failure -> {
            keys.addAll(List.of("err", "stacktrace"));
            texts.addAll(List.of(failure, ThrowableProxyUtil.asString(event.getThrowableProxy())));
        });
        return object(head, keys, texts).getBytes(StandardCharsets.UTF_8);
    }

    private static String object(String head, List<String> keys, List<String> texts) {
        List<String> quotedKeys = QuotedText.fit(keys, LineLimit.LINE / 4);
        int fixed = head.length() + 2;
        for (String key : quotedKeys) {
            fixed += key.getBytes(StandardCharsets.UTF_8).length + 2;
        }
        List<String> quoted = QuotedText.fit(texts, LineLimit.LINE - fixed);
        StringBuilder line = new StringBuilder(256).append(head);
        for (int i = 0; i < keys.size(); i++) {
            line.append(',').append(quotedKeys.get(i)).append(':').append(quoted.get(i));
        }
        return line.append("}\n").toString();
    }

    private static String milliseconds(Instant time) {
        int nanos = time.getNano();
        return String.format(Locale.ROOT, "%d%03d.%06d", time.getEpochSecond(), nanos / 1_000_000, nanos % 1_000_000);
    }

    @Override
    public byte[] headerBytes() {
        return new byte[0];
    }

    @Override
    public byte[] footerBytes() {
        return new byte[0];
    }
}
