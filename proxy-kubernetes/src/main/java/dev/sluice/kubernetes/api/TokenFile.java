// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.kubernetes.api.reflector.ApiFailure;
import dev.sluice.kubernetes.read.UserFile;
import io.fabric8.kubernetes.client.OAuthTokenProvider;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads a token from its file at each request, because the kubelet renews a service account's token every hour. */
final class TokenFile implements OAuthTokenProvider {
    private static final Logger LOG = LoggerFactory.getLogger(TokenFile.class);

    private final Path file;
    private volatile @Nullable String last;
    private volatile boolean unreadable;

    TokenFile(Path file) {
        this.file = file;
    }

    /** @throws ApiFailure when there is no token: without one the server would take the proxy for nobody */
    void require() throws ApiFailure {
        String token = getToken();
        if (token == null) {
            throw failure("cannot be read");
        }
        if (token.isEmpty()) {
            throw failure("is empty");
        }
    }

    private ApiFailure failure(String what) {
        return ApiFailure.of(ApiFailure.Kind.UNREACHABLE, "the token file " + file + " " + what, null);
    }

    @Override
    public @Nullable String getToken() {
        try {
            last = UserFile.text(file).strip();
            unreadable = false;
        } catch (IOException e) {
            if (!unreadable && last != null) {
                LOG.atWarn()
                        .addKeyValue("path", file)
                        .addKeyValue("cause", e.toString())
                        .log("The token file cannot be read, the last token is used");
            }
            unreadable = true;
        }
        return last;
    }
}
