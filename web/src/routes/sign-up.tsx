import { Alert, Anchor, Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { Link, Redirect } from "wouter";
import { asProblem } from "@/api/problem";
import { AuthLayout } from "@/components/auth/auth-layout";
import { ProblemNotice } from "@/components/common/problem-notice";
import { meQuery, statusQuery, useSignUp } from "@/services/session";

const passwordHint = "At least 10 characters. A few words in a row are easy to remember.";

/** The sign-up, while it is open. */
export function SignUpPage() {
  const me = useQuery(meQuery);
  const status = useQuery(statusQuery);
  // A fresh account starts where its first seat is added.
  if (me.data) return <Redirect to="/seats" replace />;
  if (status.data && !status.data.signup_open) return <Closed />;
  return (
    <AuthLayout
      title="Create your account"
      lead="Your agency's WhatsApp inbox, with an assistant that answers first."
      foot={
        !status.data?.first_account && (
          <>
            Have an account?{" "}
            <Anchor component={Link} href="/sign-in">
              Sign in
            </Anchor>
          </>
        )
      }
    >
      {status.isError && <ProblemNotice error={status.error} onRetry={() => void status.refetch()} />}
      {status.data?.first_account && (
        <Alert
          mb="lg"
          variant="light"
          radius="md"
          icon={<IconShieldCheck size={20} />}
          title="The first account"
        >
          It becomes the platform's administrator: it sees the background jobs of all agencies on this server.
          After it, sign-up is closed unless the server is set to keep it open.
        </Alert>
      )}
      <Form />
    </AuthLayout>
  );
}

function Form() {
  const signUp = useSignUp();
  const form = useForm({
    initialValues: { agency: "", name: "", email: "", password: "" },
    validate: {
      agency: (value) => (value.trim() ? null : "Enter your agency's name."),
      name: (value) => (value.trim() ? null : "Enter your name."),
      email: (value) =>
        /^\S+@\S+$/.test(value.trim()) ? null : "Enter an e-mail address, such as thandi@agency.co.za.",
      password: (value) => (value.length >= 10 ? null : "The password needs at least 10 characters."),
    },
  });
  const fields = asProblem(signUp.error).fields;
  const input = (name: "agency" | "name" | "email" | "password") => {
    const props = form.getInputProps(name);
    return { ...props, error: props.error ?? fields[name], required: true };
  };
  // What stands at its field is not said a second time.
  const told = ["agency", "name", "email", "password"].some((name) => fields[name]);
  return (
    <form onSubmit={form.onSubmit((values) => signUp.mutate(values))} noValidate>
      <Stack gap="md">
        <TextInput
          label="Agency"
          autoComplete="organization"
          placeholder="Baobab Estates"
          {...input("agency")}
        />
        <TextInput label="Your name" autoComplete="name" placeholder="Thandi Mokoena" {...input("name")} />
        <TextInput label="E-mail" type="email" autoComplete="username" {...input("email")} />
        <PasswordInput
          label="Password"
          autoComplete="new-password"
          description={passwordHint}
          inputWrapperOrder={["label", "input", "description", "error"]}
          {...input("password")}
        />
        {signUp.isError && !told && <ProblemNotice error={signUp.error} />}
        <Button type="submit" size="md" loading={signUp.isPending}>
          Create account
        </Button>
      </Stack>
    </form>
  );
}

function Closed() {
  return (
    <AuthLayout
      title="Sign-up is closed"
      lead="Ask the person who runs this server to add you (aibud user add)."
    >
      <Button component={Link} href="/sign-in" size="md" fullWidth>
        Go to sign-in
      </Button>
    </AuthLayout>
  );
}
