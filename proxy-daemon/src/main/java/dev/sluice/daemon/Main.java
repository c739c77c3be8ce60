// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.daemon.cli.CommandLineParser;
import dev.sluice.daemon.cli.ConfigurationLoader;
import dev.sluice.daemon.cli.ConfigurationLoader.Loaded;
import dev.sluice.daemon.cli.Invocation;
import dev.sluice.daemon.cli.Invocation.HandBack;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.KubeProxyFields;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.explain.ExplainCommand;
import dev.sluice.daemon.leftovers.CleanUpCommand;
import dev.sluice.daemon.leftovers.HandBackCommand;
import dev.sluice.daemon.log.Logging;
import dev.sluice.daemon.log.LoggingProvider;
import dev.sluice.daemon.otherproxy.KubeProxyPages;
import dev.sluice.daemon.otherproxy.ProxyTurn;
import dev.sluice.daemon.otherproxy.RunningKubeProxy;
import dev.sluice.daemon.start.JvmOptions;
import dev.sluice.daemon.start.KnownProviders;
import dev.sluice.daemon.start.OpenFileLimit;
import dev.sluice.daemon.start.Privileges;
import dev.sluice.daemon.start.Version;
import dev.sluice.linux.host.LinuxHost;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The command {@code sluice}. Its exit code is 0 after a good end and 1 after a failed start. */
public final class Main {
    // not static: it opens files, whose limit is checked first
    private final Logger log = LoggerFactory.getLogger(Main.class);
    private final LinuxHost host;
    private final List<ProxyModule> modules;
    private final ConfigSchema schema;

    /** @param modules of every mode */
    Main(LinuxHost host, List<ProxyModule> modules) {
        this.host = host;
        this.modules = List.copyOf(modules);
        schema = KubeProxyFields.with(modules.stream().map(ProxyModule::config).toList());
    }

    public static void main(String[] args) {
        OpenFileLimit.problem().ifPresent(problem -> {
            System.err.println("Error: " + problem);
            // an exit would ask the JDK's logger, which opens files
            Runtime.getRuntime().halt(1);
        });
        LoggingProvider.select();
        if (!isExplain(args)) {
            KnownProviders.select(); // without http by java.net.URL
        }
        LinuxHost host = new LinuxHost();
        new Main(host, ProxyAssembly.modules(host)).runAndExit(args);
    }

    private static boolean isExplain(String[] args) {
        return args.length > 0 && args[0].equals(ExplainCommand.NAME);
    }

    /** Runs the command, and ends the process unless it went well. */
    void runAndExit(String[] args) {
        Logging.begin();
        SupervisedThread.superviseOthers();
        int status = run(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** Runs the command; returns when it has ended or, for the daemon itself, when it has been stopped. */
    private int run(String[] args) {
        CommandLineParser parser = new CommandLineParser(schema);
        try {
            if (isExplain(args)) {
                return new ExplainCommand().run(List.of(args).subList(1, args.length));
            }
            Invocation call = parser.read(args);
            return switch (call.action()) {
                case HELP -> print(call, parser.usage());
                case VERSION -> print(call, "Sluice " + Version.text() + " (kube-proxy v1.36)\n");
                case VERSION_IN_FULL -> print(call, Version.inFull());
                case CLEAN_UP -> cleanUp(call);
                case WRITE_CONFIG -> writeConfig(call);
                case INIT_ONLY -> daemon(call).initOnly();
                case RUN -> daemon(call).run();
            };
        } catch (ConfigException e) {
            e.reasons().forEach(reason -> System.err.println("Error: " + reason));
            return 1;
        }
    }

    private int cleanUp(Invocation call) throws ConfigException {
        Settings settings = load(call).settings();
        Privileges.require();
        RunningKubeProxy kubeProxy = new RunningKubeProxy(KubeProxyPages.of(settings));
        try (ProxyTurn turn = new ProxyTurn("cleanup", kubeProxy, false)) {
            Runtime.getRuntime().addShutdownHook(SupervisedThread.task("sluice-shutdown", host::stopTools));
            if (call.handBack() != HandBack.NONE) {
                return handBack(turn, call.handBack() == HandBack.AND_STAY);
            }
            turn.require();
            return new CleanUpCommand(modules).run();
        } catch (HostException e) {
            throw new ConfigException(List.of("--cleanup: " + e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return 1;
        }
    }

    private int handBack(ProxyTurn turn, boolean stay) throws ConfigException, InterruptedException {
        int status = new HandBackCommand(modules, host).run(turn.awaitKubeProxy());
        turn.close();
        if (stay && status == 0) {
            new CountDownLatch(1).await();
        }
        return status;
    }

    private int writeConfig(Invocation call) throws ConfigException {
        Path target = call.writeConfigTo().orElseThrow();
        try {
            Files.writeString(target, load(call).effective().yaml());
        } catch (IOException e) {
            throw new ConfigException(List.of("--write-config-to: " + target + " cannot be written: " + e));
        }
        log.info("the configuration is in {}", target);
        return 0;
    }

    private Daemon daemon(Invocation call) throws ConfigException {
        Loaded loaded = load(call);
        return new Daemon(
                loaded.settings(),
                loaded.effective().withFlags(call.flags()),
                call.configFile(),
                () -> new ConfigurationLoader(schema, modules).load(call),
                call.takeOver(),
                host,
                modules);
    }

    private Loaded load(Invocation call) throws ConfigException {
        Loaded loaded = new ConfigurationLoader(schema, modules).load(call);
        if (call.action() == Invocation.Action.RUN) {
            JvmOptions.suit(loaded.settings().module().mode());
        }
        Logging.configure(loaded.settings().logging());
        loaded.warnings().forEach(log::warn);
        log.atInfo()
                .addKeyValue("version", Version.text())
                .addKeyValue("mode", loaded.settings().module().mode().flagValue())
                .log("Sluice starts");
        return loaded;
    }

    private static int print(Invocation call, String text) throws ConfigException {
        call.requireValid();
        System.out.print(text);
        System.out.flush();
        return 0;
    }
}
