import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.connect.cli.ConnectStandalone;

/** A standalone worker with two file sinks that meet bad records, one of them says why. Argument: bootstrap. */
public class KafkaConnect {

    static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    public static void main(String[] arguments) throws Exception {
        String bootstrap = arguments[0];
        produce(bootstrap);
        Path folder = Files.createTempDirectory("connect");
        Path worker = write(folder.resolve("worker.properties"), Map.of(
                "bootstrap.servers", bootstrap,
                "listeners", "http://127.0.0.1:0",
                "offset.storage.file.filename", folder.resolve("offsets").toString(),
                "key.converter", "org.apache.kafka.connect.storage.StringConverter",
                "value.converter", "org.apache.kafka.connect.json.JsonConverter",
                "value.converter.schemas.enable", "false",
                "consumer.auto.offset.reset", "earliest"));
        Path telling = write(folder.resolve("telling.properties"), sink(folder, "warehouse", "shipments-dlq", true));
        Path silent = write(folder.resolve("silent.properties"), sink(folder, "archive", "shipments-dead", false));
        var connect = new Thread(() -> ConnectStandalone.main(
                new String[] {worker.toString(), telling.toString(), silent.toString()}));
        connect.setDaemon(true);
        connect.start();
        waitFor(bootstrap, 4);
        System.exit(0);
    }

    static void produce(String bootstrap) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", bootstrap);
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer())) {
            for (String value : new String[] {"1250", "{\"id\": broken", "\"many\""}) {
                var record = new ProducerRecord<>("shipments", "ord-1", value);
                record.headers().add("traceparent", TRACEPARENT.getBytes(StandardCharsets.UTF_8));
                producer.send(record).get();
            }
        }
    }

    static Map<String, String> sink(Path folder, String name, String deadLetterTopic, boolean context) {
        return Map.ofEntries(
                Map.entry("name", name),
                Map.entry("connector.class", "org.apache.kafka.connect.file.FileStreamSinkConnector"),
                Map.entry("topics", "shipments"),
                Map.entry("file", folder.resolve(name).toString()),
                Map.entry("transforms", "number"),
                Map.entry("transforms.number.type", "org.apache.kafka.connect.transforms.Cast$Value"),
                Map.entry("transforms.number.spec", "int32"),
                Map.entry("errors.tolerance", "all"),
                Map.entry("errors.deadletterqueue.topic.name", deadLetterTopic),
                Map.entry("errors.deadletterqueue.topic.replication.factor", "1"),
                Map.entry("errors.deadletterqueue.context.headers.enable", Boolean.toString(context)));
    }

    static Path write(Path path, Map<String, String> settings) throws Exception {
        var properties = new Properties();
        properties.putAll(settings);
        try (var output = Files.newOutputStream(path)) {
            properties.store(output, null);
        }
        return path;
    }

    static void waitFor(String bootstrap, int dead) {
        Map<String, Object> settings = Map.of(
                "bootstrap.servers", bootstrap, "group.id", "watch", "auto.offset.reset", "earliest",
                "metadata.max.age.ms", 1000);
        try (var consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.subscribe(List.of("shipments-dlq", "shipments-dead"));
            long end = System.currentTimeMillis() + 90_000;
            for (int seen = 0; seen < dead; seen += consumer.poll(Duration.ofMillis(500)).count()) {
                if (System.currentTimeMillis() > end) {
                    throw new IllegalStateException("only " + seen + " dead letters within 90 s");
                }
            }
        }
    }
}
