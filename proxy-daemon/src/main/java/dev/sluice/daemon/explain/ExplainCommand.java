// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.explain;

import dev.sluice.core.net.IpAddress;
import dev.sluice.daemon.config.ConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** {@code sluice explain ADDRESS:PORT[/PROTOCOL]}: asks the daemon that runs on this node. */
public final class ExplainCommand {
    /** The first word of the command line. */
    public static final String NAME = "explain";

    private static final Pattern TARGET = Pattern.compile("\\[?([^\\[\\]/]+)]?:(\\d+)(?:/(\\w+))?");
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration CONNECT_PATIENCE = Duration.ofSeconds(10);

    /**
     * The address of the daemon, and the question.
     *
     * @param connects whether to open a connection to the target besides
     */
    record Question(String server, PacketQuery query, boolean connects) {
        URI uri() {
            return URI.create("http://" + server + ExplainPage.PATH + "?" + query.encoded());
        }
    }

    /**
     * Prints the daemon's answer.
     *
     * @param args what follows the word {@code explain}
     * @return the exit code
     * @throws ConfigException when the question is invalid, no daemon answers, or a connection that was asked for fails
     */
    public int run(List<String> args) throws ConfigException {
        if (args.contains("--help") || args.contains("-h")) {
            new CommandLine(spec()).usage(System.out);
            return 0;
        }
        Question question = parse(args);
        URI uri = question.uri();
        try {
            HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
            connection.setConnectTimeout((int) PATIENCE.toMillis());
            connection.setReadTimeout((int) PATIENCE.toMillis());
            boolean answered = connection.getResponseCode() == 200;
            try (InputStream body = answered ? connection.getInputStream() : connection.getErrorStream()) {
                String text = body == null ? "" : new String(body.readAllBytes(), StandardCharsets.UTF_8);
                if (!answered) {
                    throw new ConfigException(List.of(text.strip()));
                }
                System.out.print(text);
                System.out.flush();
            }
        } catch (IOException e) {
            throw new ConfigException(List.of("no daemon answers at " + uri.getAuthority()
                    + " (does sluice run on this node? its --metrics-bind-address goes here as --server): " + e));
        }
        if (question.connects()) {
            connect(question.query());
        }
        return 0;
    }

    /** Opens a connection from here, and closes it. */
    private static void connect(PacketQuery query) throws ConfigException {
        String target = query.to() + " port " + query.port();
        long begin = System.nanoTime();
        try (Socket socket = new Socket()) {
            InetAddress address = IpAddress.of(query.to()).toInetAddress();
            socket.connect(
                    new InetSocketAddress(address, Integer.parseInt(query.port())), (int) CONNECT_PATIENCE.toMillis());
        } catch (IOException | IllegalArgumentException e) {
            throw new ConfigException(
                    List.of("--connect: no connection to " + target + " from here: " + e.getMessage()));
        }
        System.out.println("A connection to " + target + " from here was accepted after "
                + Duration.ofNanos(System.nanoTime() - begin).toMillis() + " ms");
    }

    static Question parse(List<String> args) throws ConfigException {
        ParseResult result;
        try {
            result = new CommandLine(spec()).parseArgs(args.toArray(String[]::new));
        } catch (ParameterException e) {
            throw new ConfigException(List.of(e.getMessage() + "; see 'sluice explain --help'"));
        }
        String target = result.matchedPositionalValue(0, "");
        Matcher m = TARGET.matcher(target);
        if (!m.matches() || IpAddress.parse(m.group(1)).isEmpty()) {
            throw new ConfigException(List.of("want ADDRESS:PORT or ADDRESS:PORT/PROTOCOL, e.g. 10.96.0.10:53/udp or"
                    + " [fd00:96::a]:53/udp, not '" + target + "'"));
        }
        String protocol = m.group(3) == null ? "tcp" : m.group(3);
        PacketQuery query = new PacketQuery(
                m.group(1),
                m.group(2),
                protocol,
                result.matchedOptionValue("--from", ""),
                result.matchedOptionValue("--interface", ""),
                !result.hasMatchedOption("--json"));
        boolean connects = result.hasMatchedOption("--connect");
        if (connects && !protocol.equalsIgnoreCase("tcp")) {
            throw new ConfigException(List.of("--connect: a connection takes TCP, not '" + protocol + "'"));
        }
        return new Question(result.matchedOptionValue("--server", "127.0.0.1:10249"), query, connects);
    }

    private static CommandSpec spec() {
        CommandSpec spec = CommandSpec.create().name("sluice " + NAME);
        spec.usageMessage()
                .description("Says where the daemon's rules send a packet: the verdict, the endpoints with their"
                        + " probability, and each rule that the packet meets.");
        spec.addPositional(PositionalParamSpec.builder()
                .index("0")
                .arity("1")
                .type(String.class)
                .paramLabel("ADDRESS:PORT[/PROTOCOL]")
                .description("Where the packet is sent to.")
                .build());
        spec.addOption(text("--from", "ADDRESS", "Who sends it; without this, the node itself."));
        spec.addOption(text("--interface", "NAME", "The interface that it arrives through, as on this node."));
        spec.addOption(text("--server", "ADDRESS:PORT", "The daemon's metrics server (default 127.0.0.1:10249)."));
        spec.addOption(OptionSpec.builder("--json").description("Prints JSON.").build());
        spec.addOption(OptionSpec.builder("--connect")
                .description("Opens a TCP connection there besides, from where this runs; exits with 1 if it fails.")
                .build());
        spec.addOption(
                OptionSpec.builder("-h", "--help").description("Prints this.").build());
        return spec;
    }

    private static OptionSpec text(String name, String label, String description) {
        return OptionSpec.builder(name)
                .type(String.class)
                .paramLabel(label)
                .description(description)
                .build();
    }
}
