// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import java.nio.charset.StandardCharsets;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.slf4j.event.KeyValuePair;

/**
 * Events as klog writes them: {@code I1129 05:53:24.123456    4711 SyncLoop] "message" key="value"}, with the time of
 * the process's zone, the process and the class. A stack trace follows on lines of its own.
 */
final class TextEncoder extends EncoderBase<ILoggingEvent> {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("MMdd HH:mm:ss.SSSSSS").withZone(ZoneId.systemDefault());

    private final String process;

    /** @param process its number */
    TextEncoder(long process) {
        this.process = String.format(Locale.ROOT, "%7d", process);
    }

    @Override
    public byte[] encode(ILoggingEvent event) {
        String logger = event.getLoggerName();
        StringBuilder line = new StringBuilder(256)
                .append(severity(event.getLevel()))
                .append(TIME.format(event.getInstant()))
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
