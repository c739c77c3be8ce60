package dev.sluice.daemon;

import dev.sluice.core.config.ConfigValues;
import dev.sluice.daemon.cli.CommandLineParser;
import dev.sluice.daemon.cli.Invocation;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.ConfigFile;
import dev.sluice.daemon.config.EffectiveConfig;
import dev.sluice.daemon.config.ModeConfigs;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.SettingsReader;
import dev.sluice.daemon.explain.ExplainCommand;
import dev.sluice.daemon.log.Logging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The command {@code sluice}. Exit code 0 for what ends well, 1 for every wrong start. */
public final class Main {
    private static final Logger log = LoggerFactory.getLogger(Main.class);

    private Main() {}

    public static void main(String[] args) {
        int status = run(args);
        if (status != 0) {
            System.exit(status);
        }
    }

    /** Runs the command; answers when it has ended or, for the daemon itself, when it has been stopped. */
    static int run(String[] args) {
        Logging.configure(0);
        CommandLineParser parser = new CommandLineParser(ModeConfigs.SCHEMA);
        try {
            if (args.length > 0 && args[0].equals(ExplainCommand.NAME)) {
                return new ExplainCommand().run(List.of(args).subList(1, args.length));
            }
            Invocation call = parser.parse(args);
            return switch (call.action()) {
                case HELP -> print(parser.usage());
                case VERSION -> print("Sluice " + version() + " (kube-proxy v1.36)\n");
                case CLEAN_UP -> cleanUp(call);
                case WRITE_CONFIG -> writeConfig(call);
                case INIT_ONLY -> daemon(call).initialise();
                case RUN -> daemon(call).run();
            };
        } catch (ConfigException e) {
            e.reasons().forEach(reason -> System.err.println("Error: " + reason));
            return 1;
        }
    }

    private static int cleanUp(Invocation call) throws ConfigException {
        load(call);
        return new CleanUp().run();
    }

    private static int writeConfig(Invocation call) throws ConfigException {
        Path target = call.writeConfigTo().orElseThrow();
        try {
            Files.writeString(target, load(call).effective().yaml());
        } catch (IOException e) {
            throw new ConfigException(List.of("--write-config-to: " + target + " cannot be written: " + e));
        }
        log.info("the configuration is in {}", target);
        return 0;
    }

    private static Daemon daemon(Invocation call) throws ConfigException {
        Loaded loaded = load(call);
        return new Daemon(loaded.settings(), loaded.effective(), call.configFile());
    }

    /** A configuration that can be used, and how a file would spell it. */
    private record Loaded(Settings settings, EffectiveConfig effective) {}

    private static Loaded load(Invocation call) throws ConfigException {
        List<String> warnings = new ArrayList<>(call.warnings());
        ConfigValues values = call.values();
        if (call.configFile().isPresent()) {
            Path path = call.configFile().get();
            ConfigFile file = ConfigFile.read(path, ModeConfigs.SCHEMA);
            values = file.values().besides(values);
            warnings.addAll(file.warnings());
        }
        Settings settings = SettingsReader.read(values, call.overrides());
        Logging.configure(settings.verbosity());
        warnings.addAll(settings.featureGates().warnings());
        warnings.forEach(log::warn);
        log.info("Sluice {}, mode {}", version(), settings.mode().flagValue());
        return new Loaded(settings, EffectiveConfig.of(values, settings));
    }

    private static int print(String text) {
        System.out.print(text);
        System.out.flush();
        return 0;
    }

    private static String version() {
        return Objects.requireNonNullElse(Main.class.getPackage().getImplementationVersion(), "development build");
    }
}
