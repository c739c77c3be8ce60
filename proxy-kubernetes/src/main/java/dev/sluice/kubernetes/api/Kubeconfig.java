// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.kubernetes.read.DocumentSyntaxException;
import dev.sluice.kubernetes.read.FieldError;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.StringPool;
import dev.sluice.kubernetes.read.Tree;
import dev.sluice.kubernetes.read.UnusableFileException;
import dev.sluice.kubernetes.read.UserFile;
import dev.sluice.kubernetes.read.YamlTree;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A kubeconfig file, read here in the form that a node has, and by fabric8 where it names a program or a proxy. It is
 * checked first: errors name the file and the field, where fabric8 would silently connect to a default address.
 */
final class Kubeconfig {
    private final Path file;
    private final Fields root;
    private final List<FieldError> errors;

    private Kubeconfig(Path file, Fields root, List<FieldError> errors) {
        this.file = file;
        this.root = root;
        this.errors = errors;
    }

    /** The client configuration that {@code file} describes. */
    static Config read(Path file) throws ApiConfigException {
        List<FieldError> errors = new ArrayList<>();
        Fields root = new Fields(document(file), "", errors, new StringPool());
        return new Kubeconfig(file, root, errors).config();
    }

    private static Tree.Mapping document(Path file) throws ApiConfigException {
        try {
            List<Tree> documents = YamlTree.documents(UserFile.read(file));
            if (documents.size() == 1 && documents.getFirst() instanceof Tree.Mapping mapping) {
                return mapping;
            }
            throw new ApiConfigException("kubeconfig " + file + " is empty or not a kubeconfig");
        } catch (NoSuchFileException e) {
            throw new ApiConfigException("kubeconfig " + file + " does not exist: check --kubeconfig", e);
        } catch (UnusableFileException e) {
            throw new ApiConfigException("kubeconfig " + file + " cannot be read: " + e.getMessage(), e);
        } catch (IOException e) {
            throw new ApiConfigException("kubeconfig " + file + " cannot be read: " + e, e);
        } catch (DocumentSyntaxException e) {
            throw new ApiConfigException("kubeconfig " + file + ", line " + e.line() + ": " + e.getMessage(), e);
        }
    }

    private Config config() throws ApiConfigException {
        String contextName = root.text("current-context");
        if (contextName.isEmpty()) {
            throw invalid("no current-context is set: add one, or run kubectl config use-context");
        }
        Fields context = named("contexts", contextName).at("context");
        Fields cluster = named("clusters", context.text("cluster")).at("cluster");
        if (cluster.text("server").isEmpty()) {
            throw invalid("the cluster \"" + context.text("cluster") + "\" has no server");
        }
        mustExist(cluster, "certificate-authority");
        String userName = context.text("user");
        Fields user =
                userName.isEmpty() ? root.at("") : named("users", userName).at("user");
        Optional<Path> tokenFile = tokenFile(user);
        Config config = needsFabric8(cluster, user) ? null : direct(cluster, user);
        if (!errors.isEmpty()) {
            FieldError first = errors.getFirst();
            throw invalid("line " + first.line() + ": " + first.path() + ": " + first.message());
        }
        try {
            Config complete = config != null ? config : Config.fromKubeconfig(contextName, file.toFile());
            tokenFile.ifPresent(token -> complete.setOauthTokenProvider(new TokenFile(token)));
            return complete;
        } catch (KubernetesClientException | IllegalArgumentException e) {
            throw new ApiConfigException("kubeconfig " + file + ": " + e.getMessage(), e);
        }
    }

    /** Its reader loads all model classes of Kubernetes, at half a second of processor time. */
    private static boolean needsFabric8(Fields cluster, Fields user) {
        return user.has("exec")
                || user.has("auth-provider")
                || cluster.has("proxy-url")
                || cluster.has("tls-server-name");
    }

    private Config direct(Fields cluster, Fields user) {
        Config config = Config.empty();
        config.setMasterUrl(cluster.text("server"));
        boolean trustsAnyone = Boolean.TRUE.equals(cluster.flag("insecure-skip-tls-verify"));
        config.setTrustCerts(trustsAnyone);
        config.setDisableHostnameVerification(trustsAnyone);
        config.setCaCertFile(path(cluster, "certificate-authority"));
        config.setCaCertData(textOrNull(cluster, "certificate-authority-data"));
        config.setClientCertFile(path(user, "client-certificate"));
        config.setClientCertData(textOrNull(user, "client-certificate-data"));
        config.setClientKeyFile(path(user, "client-key"));
        config.setClientKeyData(textOrNull(user, "client-key-data"));
        if (config.getClientKeyFile() != null || config.getClientKeyData() != null) {
            config.setClientKeyAlgo(Config.getKeyAlgorithm(config.getClientKeyFile(), config.getClientKeyData()));
        }
        config.setAutoOAuthToken(textOrNull(user, "token"));
        config.setUsername(textOrNull(user, "username"));
        config.setPassword(textOrNull(user, "password"));
        return config;
    }

    private static @Nullable String textOrNull(Fields part, String field) {
        String text = part.text(field);
        return text.isEmpty() ? null : text;
    }

    private @Nullable String path(Fields part, String field) {
        String named = part.text(field);
        return named.isEmpty()
                ? null
                : file.resolveSibling(named).toAbsolutePath().toString();
    }

    /** Checks the files of a user; returns the file with its token, if it has one. */
    private Optional<Path> tokenFile(Fields user) throws ApiConfigException {
        mustExist(user, "client-certificate");
        mustExist(user, "client-key");
        mustExist(user, "tokenFile");
        boolean inline = !user.text("token").isEmpty();
        String tokenFile = user.text("tokenFile");
        return inline || tokenFile.isEmpty() ? Optional.empty() : Optional.of(file.resolveSibling(tokenFile));
    }

    private Fields named(String list, String name) throws ApiConfigException {
        List<String> names = new ArrayList<>();
        for (Fields entry : root.items(list)) {
            if (entry.text("name").equals(name)) {
                return entry;
            }
            names.add(entry.text("name"));
        }
        String one = list.substring(0, list.length() - 1);
        throw invalid("there is no " + one + " named \"" + name + "\"; it has "
                + (names.isEmpty() ? "none" : String.join(", ", names)));
    }

    /** fabric8 reads the file later, without a limit. */
    private void mustExist(Fields part, String field) throws ApiConfigException {
        String named = part.text(field);
        if (named.isEmpty()) {
            return;
        }
        try {
            UserFile.read(file.resolveSibling(named));
        } catch (UnusableFileException e) {
            throw invalid(field + " names " + named + ", which is not read: " + e.getMessage());
        } catch (IOException e) {
            throw invalid(field + " names " + named + ", which does not exist or cannot be read");
        }
    }

    private ApiConfigException invalid(String what) {
        return new ApiConfigException("kubeconfig " + file + ": " + what);
    }
}
