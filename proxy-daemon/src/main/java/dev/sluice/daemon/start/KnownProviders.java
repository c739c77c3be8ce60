// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import java.io.IOException;
import java.net.URL;
import java.net.URLConnection;
import java.net.URLStreamHandler;
import org.jspecify.annotations.Nullable;

/**
 * Providers of services that the JDK has itself, but would look for in every jar of the class path, whose directories
 * then stay in memory: a megabyte, and a tenth of a start's processor time.
 */
public final class KnownProviders {
    private static final String SELECTORS = "java.nio.channels.spi.SelectorProvider";
    private static final String BY_EPOLL = "sun.nio.ch.EPollSelectorProvider";

    private KnownProviders() {}

    /**
     * Names them to the JDK, as far as this one has them. Once in a process, before anything needs one. From then on
     * {@link URL} opens no http connection.
     */
    public static void select() {
        if (System.getProperty(SELECTORS) == null && hasClass(BY_EPOLL)) {
            System.setProperty(SELECTORS, BY_EPOLL);
        }
        URL.setURLStreamHandlerFactory(KnownProviders::handler);
    }

    private static boolean hasClass(String name) {
        try {
            Class.forName(name, false, null);
            return true;
        } catch (ClassNotFoundException e) {
            return false; // another JDK, which looks for its own
        }
    }

    /** The JDK's cryptography makes an http URL that nobody opens; all other protocols are looked for. */
    private static @Nullable URLStreamHandler handler(String protocol) {
        return protocol.equals("http") ? new NamesOnly() : null;
    }

    /** URLs that are names. This process opens connections by sockets and by the JDK's HTTP client, which take none. */
    private static final class NamesOnly extends URLStreamHandler {
        private static final int PORT = 80;

        @Override
        protected int getDefaultPort() {
            return PORT;
        }

        @Override
        protected URLConnection openConnection(URL url) throws IOException {
            throw new IOException("this process opens no connection by java.net.URL, here to " + url);
        }
    }
}
