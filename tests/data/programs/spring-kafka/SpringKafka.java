import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.kafka.annotation.BackOff;
import org.springframework.kafka.annotation.DltHandler;
import org.springframework.kafka.annotation.EnableKafka;
import org.springframework.kafka.annotation.EnableKafkaRetryTopic;
import org.springframework.kafka.annotation.KafkaListener;
import org.springframework.kafka.annotation.RetryableTopic;
import org.springframework.kafka.config.ConcurrentKafkaListenerContainerFactory;
import org.springframework.kafka.core.ConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaConsumerFactory;
import org.springframework.kafka.core.DefaultKafkaProducerFactory;
import org.springframework.kafka.core.KafkaAdmin;
import org.springframework.kafka.core.KafkaTemplate;
import org.springframework.kafka.core.ProducerFactory;
import org.springframework.kafka.listener.ContainerProperties;
import org.springframework.kafka.listener.DeadLetterPublishingRecoverer;
import org.springframework.kafka.listener.DefaultErrorHandler;
import org.springframework.kafka.listener.KafkaMessageListenerContainer;
import org.springframework.kafka.requestreply.ReplyingKafkaTemplate;
import org.springframework.kafka.support.serializer.ErrorHandlingDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonDeserializer;
import org.springframework.kafka.support.serializer.JacksonJsonSerializer;
import org.springframework.messaging.handler.annotation.SendTo;
import org.springframework.scheduling.TaskScheduler;
import org.springframework.scheduling.concurrent.ThreadPoolTaskScheduler;
import org.springframework.util.backoff.FixedBackOff;

/** Dead letters over one and two hops, a redrive, retry topics and a request with its reply. Argument: bootstrap. */
public class SpringKafka {

    public record Order(String id, int cents) {}

    static final String TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    /** One count for each of: redriven order, dead parcel, dead payment, dead refund. */
    static final CountDownLatch ENDS = new CountDownLatch(4);

    static String bootstrap;

    public static void main(String[] arguments) throws Exception {
        bootstrap = arguments[0];
        try (var context = new AnnotationConfigApplicationContext(Setup.class, Listeners.class)) {
            @SuppressWarnings("unchecked")
            KafkaTemplate<String, Object> template = context.getBean("kafkaTemplate", KafkaTemplate.class);
            for (String topic : new String[] {"orders", "payments", "refunds"}) {
                var record = new ProducerRecord<String, Object>(topic, "ord-1", new Order("ord-1", 1250));
                record.headers().add("traceparent", TRACEPARENT.getBytes(StandardCharsets.UTF_8));
                record.headers().add("x-correlation-id", "cart-7".getBytes(StandardCharsets.UTF_8));
                template.send(record).get();
            }
            var text = new KafkaTemplate<>(new DefaultKafkaProducerFactory<>(
                    Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new StringSerializer()));
            text.send("parcels", "ord-1", "{\"id\": broken").get();
            ReplyingKafkaTemplate<String, Object, Object> asking = context.getBean(ReplyingKafkaTemplate.class);
            asking.waitForAssignment(Duration.ofSeconds(20));
            var question = new ProducerRecord<String, Object>("quotes", "ord-1", new Order("ord-1", 1250));
            asking.sendAndReceive(question, Duration.ofSeconds(30)).get();
            if (!ENDS.await(60, TimeUnit.SECONDS)) {
                throw new IllegalStateException("not everything arrived within a minute: " + ENDS);
            }
            template.flush();
            Thread.sleep(1000);
        }
    }

    static class PaymentException extends RuntimeException {
        PaymentException(String message) {
            super(message, new java.net.SocketTimeoutException("no answer from the bank"));
        }
    }

    static class Listeners {
        private final KafkaTemplate<String, Object> template;

        Listeners(KafkaTemplate<String, Object> kafkaTemplate) {
            this.template = kafkaTemplate;
        }

        @KafkaListener(topics = "orders", groupId = "shipping")
        void ship(ConsumerRecord<String, Order> order) {
            if (order.headers().lastHeader("redriven") == null) {
                throw new PaymentException("not paid");
            }
            ENDS.countDown();
        }

        @KafkaListener(topics = "orders-dlt", groupId = "repair")
        void repair(ConsumerRecord<String, Order> order) {
            throw new UnsupportedOperationException("nothing to repair");
        }

        @KafkaListener(topics = "orders-dlt-dlt", groupId = "redrive")
        void redrive(ConsumerRecord<String, Object> dead) {
            var again = new ProducerRecord<>("orders", null, dead.key(), dead.value(), dead.headers());
            again.headers().add("redriven", "1".getBytes(StandardCharsets.UTF_8));
            template.send(again);
        }

        @KafkaListener(topics = "parcels", groupId = "shipping")
        void deliver(ConsumerRecord<String, Order> parcel) {}

        @KafkaListener(topics = "parcels-dlt", groupId = "watch", containerFactory = "rawFactory")
        void watch(ConsumerRecord<String, byte[]> dead) {
            ENDS.countDown();
        }

        @RetryableTopic(attempts = "3", backOff = @BackOff(delay = 200, multiplier = 2))
        @KafkaListener(topics = "payments", groupId = "billing", containerFactory = "plainFactory")
        void pay(ConsumerRecord<String, Order> payment) {
            throw new PaymentException("card refused");
        }

        @RetryableTopic(attempts = "3", backOff = @BackOff(200))
        @KafkaListener(topics = "refunds", groupId = "billing", containerFactory = "plainFactory")
        void refund(ConsumerRecord<String, Order> refund) {
            throw new PaymentException("account closed");
        }

        @DltHandler
        void dead(ConsumerRecord<String, Order> dead) {
            ENDS.countDown();
        }

        @KafkaListener(topics = "quotes", groupId = "pricing")
        @SendTo
        Order quote(Order order) {
            return new Order(order.id(), order.cents() * 2);
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EnableKafka
    @EnableKafkaRetryTopic
    static class Setup {

        @Bean
        KafkaAdmin admin() {
            return new KafkaAdmin(Map.of("bootstrap.servers", bootstrap));
        }

        @Bean
        KafkaAdmin.NewTopics topics() {
            String[] names = {"orders", "orders-dlt", "orders-dlt-dlt", "parcels", "parcels-dlt", "payments",
                    "refunds", "quotes", "quotes-replies"};
            return new KafkaAdmin.NewTopics(java.util.Arrays.stream(names)
                    .map(name -> new NewTopic(name, name.startsWith("orders") ? 3 : 1, (short) 1))
                    .toArray(NewTopic[]::new));
        }

        @Bean
        ProducerFactory<String, Object> producerFactory() {
            return new DefaultKafkaProducerFactory<>(
                    Map.of("bootstrap.servers", bootstrap), new StringSerializer(), new JacksonJsonSerializer<>());
        }

        @Bean
        @Primary
        KafkaTemplate<String, Object> kafkaTemplate(ProducerFactory<String, Object> producerFactory) {
            return new KafkaTemplate<>(producerFactory);
        }

        @Bean
        ConsumerFactory<String, Object> consumerFactory() {
            var json = new JacksonJsonDeserializer<>(Object.class);
            json.addTrustedPackages("*");
            return new DefaultKafkaConsumerFactory<>(
                    Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest"),
                    new StringDeserializer(), new ErrorHandlingDeserializer<>(json));
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<String, Object> kafkaListenerContainerFactory(
                ConsumerFactory<String, Object> consumerFactory, KafkaTemplate<String, Object> kafkaTemplate) {
            var bytes = new KafkaTemplate<>(new DefaultKafkaProducerFactory<String, byte[]>(
                    Map.of("bootstrap.servers", bootstrap), new StringSerializer(),
                    new org.apache.kafka.common.serialization.ByteArraySerializer()));
            var templates = new java.util.LinkedHashMap<Class<?>, org.springframework.kafka.core.KafkaOperations<?, ?>>();
            templates.put(byte[].class, bytes);
            templates.put(Object.class, kafkaTemplate);
            var factory = plainFactory(consumerFactory);
            factory.setReplyTemplate(kafkaTemplate);
            factory.setCommonErrorHandler(
                    new DefaultErrorHandler(new DeadLetterPublishingRecoverer(templates), new FixedBackOff(100, 1)));
            return factory;
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<String, Object> plainFactory(
                ConsumerFactory<String, Object> consumerFactory) {
            var factory = new ConcurrentKafkaListenerContainerFactory<String, Object>();
            factory.setConsumerFactory(consumerFactory);
            return factory;
        }

        @Bean
        ConcurrentKafkaListenerContainerFactory<String, byte[]> rawFactory() {
            var factory = new ConcurrentKafkaListenerContainerFactory<String, byte[]>();
            factory.setConsumerFactory(new DefaultKafkaConsumerFactory<>(
                    Map.of("bootstrap.servers", bootstrap, "auto.offset.reset", "earliest"),
                    new StringDeserializer(), new org.apache.kafka.common.serialization.ByteArrayDeserializer()));
            return factory;
        }

        @Bean
        ReplyingKafkaTemplate<String, Object, Object> replying(
                ProducerFactory<String, Object> producerFactory, ConsumerFactory<String, Object> consumerFactory) {
            var answers = new ContainerProperties("quotes-replies");
            answers.setGroupId("asking");
            return new ReplyingKafkaTemplate<>(
                    producerFactory, new KafkaMessageListenerContainer<>(consumerFactory, answers));
        }

        @Bean
        TaskScheduler scheduler() {
            return new ThreadPoolTaskScheduler();
        }
    }
}
