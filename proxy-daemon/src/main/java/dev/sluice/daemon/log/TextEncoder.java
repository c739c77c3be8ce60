// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.TimeZone;
import org.slf4j.event.KeyValuePair;

/**
 * Events as klog writes them: {@code I1129 05:53:24.123456    4711 SyncLoop] "message" key="value"}, with the time of
 * the process's zone, the process and the class. A stack trace follows on lines of its own.
 */
final class TextEncoder extends EncoderBase<ILoggingEvent> {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("MMdd HH:mm:ss.SSSSSS");

    /** Not a {@link java.time.ZoneId}: to find its rules the JVM opens every jar of the class path. */
    private static final TimeZone ZONE = TimeZone.getDefault();

    private final String process;

    /** @param process its number */
    TextEncoder(long process) {
        String digits = Long.toString(process);
        this.process = " ".repeat(Math.max(0, 7 - digits.length())) + digits;
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        String logger = event.getLoggerName();
        StringBuilder line = new StringBuilder(256)
                .append(severity(event.getLevel()))
                .append(TIME.format(local(event.getInstant())))
                .append(' ')
                .append(process)
                .append(' ')
                .append(logger.substring(logger.lastIndexOf('.') + 1))
                .append(']');
        appendTexts(line, event);
        IThrowableProxy failure = event.getThrowableProxy();
        if (failure != null) {
            line.append('\n').append(ThrowableProxyUtil.asString(failure).stripTrailing());
        }
        return LineLimit.cut(line.append('\n').toString().getBytes(StandardCharsets.UTF_8));
    }

    private static void appendTexts(StringBuilder line, ILoggingEvent event) {
        List<String> keys = new ArrayList<>(List.of(" "));
        List<String> texts = new ArrayList<>(List.of(String.valueOf(event.getFormattedMessage())));
        for (KeyValuePair pair : EventParts.pairs(event)) {
            keys.add(" " + pair.key + "=");
            texts.add(String.valueOf(pair.value));
        }
        EventParts.failure(event).ifPresent(failure -> {
            keys.add(" err=");
            texts.add(failure);
        });
        int fixed = line.length() + keys.stream().mapToInt(String::length).sum() + 1;
        List<String> quoted = QuotedText.fit(texts, LineLimit.LINE - fixed);
        for (int i = 0; i < keys.size(); i++) {
            line.append(keys.get(i)).append(quoted.get(i));
        }
    }

    private static LocalDateTime local(Instant time) {
        int offset = ZONE.getOffset(time.toEpochMilli()) / 1000;
        return LocalDateTime.ofEpochSecond(time.getEpochSecond(), time.getNano(), ZoneOffset.ofTotalSeconds(offset));
    }

    private static char severity(Level level) {
        return level.isGreaterOrEqual(Level.ERROR) ? 'E' : level.isGreaterOrEqual(Level.WARN) ? 'W' : 'I';
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
